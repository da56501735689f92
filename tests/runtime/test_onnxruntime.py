"""What the installed onnxruntime can do, and clear words where it cannot."""

import numpy as np
import onnx
import pytest

from declnet import BackendError, Tensor
from declnet.runtime import choose_target, onnxruntime, open_runtime
from declnet.runtime.onnxruntime import Build, OnnxRuntime
from declnet.target import STANDARD, TRAINING

STOCK = Build("onnxruntime", "1.31.1", ("CPUExecutionProvider",))


@pytest.fixture
def stock(monkeypatch):
    """As if a stock onnxruntime were installed."""
    monkeypatch.setattr(onnxruntime, "installed", lambda: STOCK)


@pytest.fixture
def line():
    """y = a x + b of three numbers; b is 1 where it is not given."""
    graph = onnx.parser.parse_graph(
        "line (float[3] x, float[3] a, float[3] b) => (float[3] y) { ax = Mul(a, x) y = Add(ax, b) }"
    )
    graph.initializer.append(onnx.numpy_helper.from_array(np.ones(3, "float32"), "b"))
    return onnx.helper.make_model(graph, ir_version=10, opset_imports=[onnx.helper.make_opsetid("", 21)])


def floats(*values):
    return np.array(values, "float32")


def test_the_target_is_that_of_the_build():
    assert TRAINING == Build("onnxruntime-training-cpu", "1.19.2", ()).target
    assert STANDARD == STOCK.target == choose_target("standard", open_runtime())
    assert open_runtime().target == choose_target("auto", open_runtime())


def test_training_kernels_on_a_stock_build_are_refused(stock):
    with pytest.raises(BackendError, match=r"declnet\[training\]") as caught:
        choose_target("training", OnnxRuntime())
    assert "auto, standard, web" == caught.value.diagnostics[0].allowed


@pytest.mark.parametrize("name", ["gpu", "cpu:1", "cuda:", "cuda:-1", ""])
def test_unknown_devices_are_refused(name):
    with pytest.raises(BackendError, match="unknown device"):
        open_runtime(device=name)


def test_unknown_runtimes_and_targets_are_refused():
    with pytest.raises(BackendError, match="no runtime 'tensorflow'") as caught:
        open_runtime("tensorflow")
    assert "onnxruntime" == caught.value.diagnostics[0].allowed
    with pytest.raises(BackendError, match="unknown target 'phone'"):
        choose_target("phone", open_runtime())


def test_cuda_names_the_extra_that_brings_it(stock):
    with pytest.raises(BackendError, match=r"declnet\[cuda\]"):
        OnnxRuntime("cuda:1")


@pytest.mark.parametrize("threads", [0, -1])
def test_a_session_has_at_least_one_thread(threads):
    with pytest.raises(BackendError, match="needs a thread"):
        open_runtime(threads=threads)


def test_threads_are_those_of_the_runtime(line):
    """All of its sessions have so many; a Runtime that is handed over keeps its own."""
    runtime = open_runtime(threads=1)

    assert (1, None) == (runtime.threads, open_runtime().threads)
    assert 1 == runtime.session(line)._session.get_session_options().intra_op_num_threads
    assert runtime is open_runtime(runtime, threads=1) is open_runtime(runtime)
    with pytest.raises(BackendError, match="another number of threads"):
        open_runtime(runtime, threads=2)


def test_a_graph_that_onnxruntime_refuses_is_a_clear_error():
    with pytest.raises(BackendError, match="refuses the graph"):
        open_runtime().session(onnx.ModelProto())


@pytest.mark.parametrize("kind", [np.asarray, open_runtime().tensor])
def test_a_run_that_fails_is_a_clear_error(line, kind):
    with pytest.raises(BackendError, match="could not run the graph"):
        open_runtime().session(line).run({"x": kind(floats(1, 2)), "a": kind(floats(1, 2))})


@pytest.mark.parametrize("kind", [np.asarray, open_runtime().tensor])
def test_an_input_that_is_missing_is_named(line, kind):
    with pytest.raises(BackendError, match="takes 'a', which was not given") as caught:
        open_runtime().session(line).run({"x": kind(floats(1, 2, 3))})
    assert ("x", "x, a; also b") == (caught.value.diagnostics[0].found, caught.value.diagnostics[0].allowed)


def test_a_library_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BackendError, match=r"no library of operators .*kernels\.so"):
        OnnxRuntime(libraries=[tmp_path / "kernels.so"], domains={"of.mine"})


def test_a_file_that_is_no_library_is_refused(tmp_path, line):
    (tmp_path / "kernels.so").write_text("not a library")

    with pytest.raises(BackendError, match="refuses the graph"):
        OnnxRuntime(libraries=[tmp_path / "kernels.so"], domains={"of.mine"}).session(line)


def test_the_kernels_of_a_library_are_part_of_the_target(tmp_path):
    (tmp_path / "kernels.so").touch()

    assert {"of.mine"} == OnnxRuntime(libraries=[tmp_path / "kernels.so"], domains={"of.mine"}).target.domains - (
        OnnxRuntime().target.domains
    )


@pytest.mark.parametrize("kind", [np.asarray, Tensor, open_runtime().tensor])
def test_run(line, kind):
    """From arrays and tensors of any kind; what the model does not take is left out, and defaults may be given."""
    session = open_runtime().session(line)
    feed = {"x": kind(floats(1, 2, 3)), "a": floats(2, 2, 2), "other": floats(0)}

    assert (("x", "a"), ("y",)) == (session.inputs, session.outputs)
    assert [3, 5, 7] == session.run(feed)["y"].tolist()
    assert [2, 4, 6] == session.run({**feed, "b": kind(floats(0, 0, 0))}, ["y"])["y"].tolist()


def test_bind(line):
    """A bound run reads what its inputs then hold, and writes into its outputs."""
    runtime = open_runtime()
    x, a, y = (runtime.tensor(floats(*values)) for values in ([1, 2, 3], [2, 2, 2], [0, 0, 0]))
    run = runtime.session(line).bind({"x": x, "a": a}, {"y": y})
    run()
    first = y.numpy().tolist()
    x.set(floats(0, 1, 0))
    run()

    assert [[3, 5, 7], [1, 3, 1]] == [first, y.numpy().tolist()]


def test_a_tensor_on_the_cpu_shares_the_array():
    array = floats(0, 0, 0)
    tensor = open_runtime().tensor(array)
    array[1] = 5

    assert 5 == tensor.numpy()[1]
    assert array is tensor.host


def test_each_thread_but_the_caller_s_is_bound_to_a_core_of_its_own(monkeypatch):
    """With a thread for every core; with fewer, the system places them."""
    import onnxruntime as ort

    def entries(threads):
        options = ort.SessionOptions()
        onnxruntime._place_threads(options, threads)
        try:
            bound = options.get_session_config_entry("session.intra_op_thread_affinities")
        except RuntimeError:
            bound = None
        return options.intra_op_num_threads, bound

    monkeypatch.setattr(onnxruntime, "_cores", lambda: [0, 2, 5])

    assert (3, "3;6") == entries(None) == entries(3)
    assert (2, None) == entries(2)
