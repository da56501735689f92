"""Write schemas/declnet.schema.json, from which editors complete and check specs."""

import json

from declnet.schema import compose, editor, schema_dir


def text() -> str:
    """The editor form of the schema, for the plugins that are installed."""
    return json.dumps(editor(compose()), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (schema_dir() / "declnet.schema.json").write_text(text(), encoding="utf-8")
