"""What there is to work with: layers, plugins, doctor."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from declnet.cli.application import MISTAKE, Json, print_json, verb
from declnet.component import Component
from declnet.errors import DeclnetError
from declnet.kinds import KINDS
from declnet.wording import command

if TYPE_CHECKING:
    from declnet.plugins import Plugins


@verb
def layers(
    type: Annotated[str | None, typer.Argument(metavar="[TYPE]", help="Describe this one only.")] = None,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help=f"What to list: {', '.join(KINDS)}.")] = None,
    as_json: Json = False,
) -> None:
    """List or describe layers and losses.

    Without TYPE, all layers that a spec may name, or all that KIND says.
    """
    from declnet.cli.tables import print_table
    from declnet.plugins import installed

    plugins = installed()
    if kind and kind not in KINDS:
        raise _unknown(kind, KINDS, "kind", "`declnet layers --help`")
    if type is None:
        components = plugins.components(kind or "layer")
        if as_json:
            return print_json([_described(plugins, component) for component in components.values()])
        rows: list[tuple] = [(name, each.summary, plugins.owner(each.kind, name)) for name, each in components.items()]
        return print_table((kind or "layer", "what it does", "from"), rows)
    component = _find(plugins, type, kind)
    if as_json:
        return print_json(_described(plugins, component))
    print(f"{component.kind} {component.type}, from {plugins.owner(component.kind, component.type)}")
    print(component.summary)
    needed = component.schema.get("required", ())
    rows = [
        (
            name,
            allowed(value),
            "required" if name in needed else json.dumps(value.get("default")),
            value["description"],
        )
        for name, value in component.properties.items()
    ]
    if rows:
        print_table(("property", "value", "default", "what it says"), rows)
    if keys := [key for key in KINDS[component.kind].keys if key not in ("type", "block", "share")]:
        print(f"every {component.kind} also takes {', '.join(keys)}")


@verb
def plugins(as_json: Json = False) -> None:
    """List the plugins and what each offers."""
    from declnet.cli.tables import print_table
    from declnet.plugins import installed

    found = installed()
    offers = {name: found.offers(name) for name in found.distributions}
    if as_json:
        return print_json([{"plugin": n, "from": found.distributions[n], "offers": offers[n]} for n in offers])
    rows = [
        (name, found.distributions[name], "; ".join(f"{kind}: {', '.join(types)}" for kind, types in each.items()))
        for name, each in offers.items()
    ]
    print_table(("plugin", "from", "offers"), rows)


@verb
def doctor(as_json: Json = False) -> None:
    """Tell what is installed and works.

    The exit code is 2 where something is missing.
    """
    from declnet.cli.examination import examine

    findings = examine()
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        width = max(len(finding.what) for finding in findings)
        for finding in findings:
            print(f"{'ok' if finding.ok else 'NO':3}{finding.what:{width}}  {finding.found}")
            if finding.hint:
                print(f"   {'':{width}}  {finding.hint}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(MISTAKE)


def _find(plugins: "Plugins", type: str, kind: str | None) -> Component:
    """The component *type* of *kind*, or of whichever kind has it, layers first."""
    kinds = [kind] if kind else list(KINDS)
    for each in kinds:
        if type in plugins.components(each):
            return plugins.components(each)[type]
    known = [name for each in kinds for name in plugins.components(each)]
    raise _unknown(type, known, kind or "component", command(kind) if kind else "`declnet plugins`")


def _unknown(name: str, known: Iterable[str], what: str, more: str) -> DeclnetError:
    return DeclnetError.unknown(f"there is no {what} {name!r}", name, list(dict.fromkeys(known)), more, code="DN1105")


def _described(plugins: "Plugins", component: Component) -> dict:
    return {
        "kind": component.kind,
        "type": component.type,
        "summary": component.summary,
        "from": plugins.owner(component.kind, component.type),
        "schema": dict(component.schema),
    }


def allowed(schema: dict) -> str:
    """The values that a property's schema allows, in a few words."""
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[-1]
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    types = schema.get("type", "any value")
    limits = [f"{sign} {schema[key]}" for key, sign in _LIMITS.items() if key in schema]
    words = []
    for type in [types] if isinstance(types, str) else types:
        if type == "array" and isinstance(schema.get("items"), dict):
            words.append(f"array of {allowed(schema['items'])}")
        else:
            words.append(" ".join([type, *limits]) if type in ("integer", "number") else type)
    return " or ".join(words)


_LIMITS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
