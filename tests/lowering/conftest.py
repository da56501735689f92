"""Components of a stranger, beside those that are installed."""

from importlib.metadata import entry_points
from types import SimpleNamespace

import pytest

from declnet import hookimpl
from declnet.kinds import KINDS
from declnet.plugins import Plugins


@pytest.fixture
def beside():
    """Plugins: all that are installed, and one that offers *components*, of any kinds."""

    def plugins(*components):
        def offer(kind):
            def implementation():
                return [each for each in components if each.kind == kind.name]

            implementation.__name__ = kind.hook
            return hookimpl(implementation)

        module = SimpleNamespace(**{kind.hook: offer(kind) for kind in KINDS.values()})
        distribution = SimpleNamespace(name="declnet-stranger", version="1.0")
        stranger = SimpleNamespace(name="stranger", dist=distribution, load=lambda: module)
        return Plugins([*entry_points(group="declnet"), stranger])

    return plugins
