"""What a plugin offers as a runtime is held against what a runtime must have, when it is opened."""

import pytest

from declnet.errors import BackendError, PluginError
from declnet.runtime import Runtime, choice, open_runtime
from declnet.target import STANDARD


class Mine(Runtime):
    name = "mine"
    target = STANDARD
    version = "mine 1"

    def __init__(self, device="cpu", threads=None):
        self.device, self.threads = device, threads

    @classmethod
    def devices(cls):
        return ("cpu", "npu")

    def session(self, model, *, denormals=True):
        raise NotImplementedError


@pytest.fixture
def offer(monkeypatch):
    """Let this runtime be the only one."""
    return lambda kind: monkeypatch.setattr(choice, "offered_runtimes", lambda plugins: {kind.name: kind})


def test_a_runtime_is_opened_where_it_is_asked_for(offer):
    offer(Mine)
    made = open_runtime("mine", "npu:1", 2)

    assert ("npu:1", 2) == (made.device, made.threads)


def test_a_device_that_it_has_not_is_refused(offer):
    offer(Mine)
    with pytest.raises(BackendError, match="runtime 'mine' has no device 'gpu'") as caught:
        open_runtime("mine", "gpu")
    assert "cpu, npu" == caught.value.diagnostics[0].allowed


@pytest.mark.parametrize(("name", "value"), [("target", "standard"), ("version", None), ("device", 3)])
def test_a_runtime_that_lacks_something_is_refused(offer, name, value):
    class Lacking(Mine):
        def __init__(self, device="cpu", threads=None):
            super().__init__(device, threads)
            setattr(self, name, value)

    offer(Lacking)
    with pytest.raises(PluginError, match=f"runtime 'mine' has no {name}"):
        open_runtime("mine")
