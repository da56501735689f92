"""The one JSON Schema of specs: composed of what declnet owns and of what the plugins bring, then obeyed.

    compose    one closed Draft 2020-12 document
    fill       shorthands become objects, defaults are written in
    paths      the values that name files
    validate   every mistake, each with its JSON pointer
    editor     the form for editors, which also accepts what is resolved later: ${...}, $include, blocks

``python -m declnet.schema`` writes the editor form to schemas/declnet.schema.json.
"""

from declnet.schema.composition import compose, editor, schema_dir
from declnet.schema.filling import fill, paths
from declnet.schema.validation import UNKNOWN, key_mistakes, validate
from declnet.schema.wording import pointer_to

__all__ = [
    "UNKNOWN",
    "compose",
    "editor",
    "fill",
    "key_mistakes",
    "paths",
    "pointer_to",
    "schema_dir",
    "validate",
]
