"""What the installed onnxruntime can do, and clear words where it cannot."""

import numpy as np
import pytest

from declnet import BackendError, backend


def test_auto_kernels_follow_the_build():
    expected = "training" if backend.backend().training_kernels else "standard"

    assert expected == backend.kernels("auto")
    assert "standard" == backend.kernels("standard")


def test_training_kernels_on_a_stock_build_are_refused(monkeypatch):
    stock = backend.Backend("onnxruntime", "1.31.1", ("CPUExecutionProvider",), False)
    monkeypatch.setattr(backend, "backend", lambda: stock)

    with pytest.raises(BackendError, match=r"declnet\[training\]"):
        backend.kernels("training")


@pytest.mark.parametrize("name", ["gpu", "cpu:1", "cuda:", "cuda:-1", ""])
def test_unknown_devices_are_refused(name):
    with pytest.raises(BackendError, match="unknown device"):
        backend.device(name)


def test_cuda_names_the_extra_that_brings_it(monkeypatch):
    stock = backend.Backend("onnxruntime", "1.31.1", ("CPUExecutionProvider",), False)
    monkeypatch.setattr(backend, "backend", lambda: stock)

    with pytest.raises(BackendError, match=r"declnet\[cuda\]"):
        backend.device("cuda:1")


def test_a_graph_that_onnxruntime_refuses_is_a_clear_error():
    with pytest.raises(BackendError, match="refuses the graph"):
        backend.session(b"nonsense", backend.device("cpu"))


def test_a_tensor_on_the_cpu_shares_the_array():
    array = np.zeros(3, "float32")
    value = backend.device("cpu").put(array)
    array[1] = 5

    assert 5 == value.numpy()[1]


def test_each_thread_but_the_caller_s_is_bound_to_a_core_of_its_own(monkeypatch):
    """With a thread for every core; with fewer, the system places them."""
    import onnxruntime

    def entries(threads):
        options = onnxruntime.SessionOptions()
        backend._place_threads(options, threads)
        try:
            bound = options.get_session_config_entry("session.intra_op_thread_affinities")
        except RuntimeError:
            bound = None
        return options.intra_op_num_threads, bound

    monkeypatch.setattr(backend, "_cores", lambda: [0, 2, 5])

    assert (3, "3;6") == entries(None) == entries(3)
    assert (2, None) == entries(2)
