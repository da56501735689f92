"""docs/errors.md and the codes that declnet uses."""

import re
from pathlib import Path

from declnet.errors import CODES

ROOT = Path(__file__).parents[2]
USED = re.compile(r"DN\d{4}")


def test_every_code_has_an_entry():
    """In the order of errors.CODES, with its title, an example and a remedy."""
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    entries = re.findall(r"^### (DN\d{4}) (.+)\n\n> .+\n(?:> .+\n)*\n\S", text, flags=re.MULTILINE)

    assert list(CODES.items()) == entries


def test_every_code_that_is_used_is_declared():
    """In the package and in the plugins."""
    sources = [path for folder in ("declnet", "plugins") for path in (ROOT / folder).rglob("*.py")]
    used = {code for path in sources for code in USED.findall(path.read_text(encoding="utf-8"))}

    assert set() == used - set(CODES)
