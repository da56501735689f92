"""Find plugins by their entry points, refuse clashes, and remember who owns what."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

import pluggy

from declnet import hookspecs
from declnet.component import Component
from declnet.errors import PluginError
from declnet.kinds import KINDS

if TYPE_CHECKING:
    from declnet.autodiff import Rules
    from declnet.passes import Pass

GROUP = "declnet"


class Plugins:
    """The components, gradient rules and passes of all plugins.

    ``gradients`` is what is known of the gradients of operators, by plugins and by declnet itself; ``passes`` are the
    passes in the order in which they run; ``distributions`` says where each plugin comes from.

    Args:
        entries: the entry points to load, in any order.

    Raises:
        PluginError: a plugin does not import, implements an unknown hook, returns something else than a list of
            components, or claims a name that another plugin has.
    """

    def __init__(self, entries: Iterable[EntryPoint]):
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.distributions: dict[str, str] = {}
        for entry in sorted(entries, key=lambda entry: entry.name):
            self._register(entry)
        self._check_hooks()
        self._components: dict[str, dict[str, Component]] = {kind: {} for kind in KINDS}
        self._owners: dict[tuple[str, str], str] = {}
        for kind in KINDS.values():
            for plugin, component in self.offered(kind.hook):
                self._add(kind.name, plugin, component)
        self._rule_owners: dict[tuple[str, str, frozenset[str]], str] = {}
        self.gradients = self._rules()
        self.passes: list[Pass] = []
        for plugin, offer in self.offered("declnet_passes"):
            self._add_pass(plugin, offer)

    def __reduce__(self) -> tuple[Callable[[], Plugins], tuple[()]]:
        """The plugins of the environment are those of the environment in which they are unpickled.

        Raises:
            TypeError: these are others.
        """
        if self is not installed():
            raise TypeError("only the plugins of the environment can be pickled")
        return installed, ()

    def components(self, kind: str) -> Mapping[str, Component]:
        """The components of *kind* by their type, sorted."""
        return dict(sorted(self._components[kind].items()))

    def owner(self, kind: str, type: str) -> str:
        """The distribution that brought a component, with its version: ``declnet 0.1.0``."""
        return self.distributions[self._owners[kind, type]]

    def offers(self, plugin: str) -> dict[str, list[str]]:
        """What a plugin brought: types by kind, operators of whose gradients it says something, passes, runtimes."""
        from declnet.autodiff.node import title

        found = {
            kind: [type for type in components if self._owners[kind, type] == plugin]
            for kind, components in self._components.items()
        }
        found["runtime"] = [each.name for owner, each in self.offered("declnet_runtimes") if owner == plugin]
        found["gradient"] = [title(*key) for key, owner in self._rule_owners.items() if owner == plugin]
        found["pass"] = [each.name for each in self.passes if each.plugin == plugin]
        return {kind: sorted(types) for kind, types in found.items() if types}

    def _register(self, entry: EntryPoint) -> None:
        distribution = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown distribution"
        if entry.name in self.distributions:
            raise PluginError(
                f"plugin name {entry.name!r} is claimed by both {self.distributions[entry.name]} and {distribution}",
                code="DN2002",
                hint="uninstall one of them, or rename the entry point of the one that is yours",
            )
        try:
            module = entry.load()
        except PluginError:
            raise
        except Exception as error:
            raise PluginError(
                f"plugin {entry.name!r} of {distribution} does not import: {type(error).__name__}: {error}",
                hint=f"mend or uninstall {distribution.split()[0]}",
            ) from error
        self.distributions[entry.name] = distribution
        self.manager.register(module, name=entry.name)

    def _check_hooks(self) -> None:
        try:
            self.manager.check_pending()
        except pluggy.PluginValidationError as error:
            known = ", ".join(sorted(name for name in vars(hookspecs) if name.startswith("declnet_")))
            raise PluginError(f"a plugin implements an unknown hook: {error}", allowed=known) from None

    def offered(self, hook: str) -> Iterator[tuple[str, Any]]:
        """Yield (plugin name, offer) for every offer that a plugin makes through *hook*, in the order of the names.

        An implementation that says ``tryfirst`` or ``trylast`` comes before or after all others.
        """
        found = getattr(self.manager.hook, hook).get_hookimpls()
        for implementation in sorted(found, key=lambda each: (each.trylast - each.tryfirst, each.plugin_name)):
            offers = implementation.function()
            if not isinstance(offers, list):
                raise PluginError(
                    f"{hook} of plugin {implementation.plugin_name!r} returned {type(offers).__name__}",
                    allowed="a list",
                )
            for offer in offers:
                yield implementation.plugin_name, offer

    def _add(self, kind: str, plugin: str, component: Component) -> None:
        if not isinstance(component, Component) or component.kind != kind:
            raise PluginError(
                f"{KINDS[kind].hook} of plugin {plugin!r} offers {component!r}",
                allowed=f"functions decorated with declnet.{kind}",
            )
        if component.type in self._components[kind]:
            raise self.clash(f"{kind} {component.type!r}", self._owners[kind, component.type], plugin)
        self._components[kind][component.type] = component
        self._owners[kind, component.type] = plugin

    def _rules(self) -> Rules:
        """What the plugins say of gradients, on top of what declnet says."""
        from declnet.autodiff import BUILT_IN, Entry, Rules
        from declnet.autodiff.node import title

        entries: list[Entry] = []
        for plugin, entry in self.offered("declnet_gradients"):
            if not isinstance(entry, Entry):
                raise PluginError(
                    f"declnet_gradients of plugin {plugin!r} offers {entry!r}",
                    allowed='functions decorated with declnet.gradient_rule("Operator", ...), and declnet.flat(...)',
                )
            for key in ((*key, entry.needs) for key in entry.keys):
                if key in self._rule_owners:
                    raise self.clash(f"the gradient of {title(*key)}", self._rule_owners[key], plugin)
                self._rule_owners[key] = plugin
            entries.append(entry)
        return Rules(entries, below=BUILT_IN)

    def _add_pass(self, plugin: str, offer: Any) -> None:
        from declnet.passes import Pass, Staged

        staged = offer if isinstance(offer, Staged) else Staged(offer)
        function = staged.function
        if not _is_pass(function):
            raise PluginError(
                f"declnet_passes of plugin {plugin!r} offers {offer!r}",
                allowed="functions (graph, target) that return the graph, each with a docstring, also decorated with "
                "declnet.graph_pass(stage=...)",
            )
        new = Pass(function.__name__, function, plugin, self.distributions[plugin], staged.stage)
        for held in self.passes:
            if held.name == new.name:
                raise self.clash(f"pass {new.name!r}", held.plugin, plugin)
        self.passes.append(new)

    def clash(self, what: str, *plugins: str) -> PluginError:
        first, second = (f"{plugin} ({self.distributions[plugin]})" for plugin in plugins)
        return PluginError(
            f"{what} is claimed by both plugin {first} and plugin {second}",
            code="DN2002",
            hint="uninstall one of them, or rename the one that is yours",
        )


def _is_pass(function: object) -> bool:
    """Whether *function* is documented, and takes a graph and a target."""
    if not inspect.isfunction(function) or not inspect.getdoc(function):
        return False
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    return True


@functools.cache
def installed() -> Plugins:
    """The plugins of this environment, loaded once.

    Raises:
        PluginError: as for Plugins, and when there is no plugin at all.
    """
    entries = entry_points(group=GROUP)
    if not entries:
        raise PluginError(
            "no plugin is installed, not even declnet's own layers",
            hint="a checkout on PYTHONPATH has no entry points: run `pip install -e .` in it once",
        )
    return Plugins(entries)
