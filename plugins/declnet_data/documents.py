"""Documents: a name and a text each, of which no paragraph recurs."""

from collections.abc import Sequence
from pathlib import Path

from declnet import DataError
from declnet_data.reading import reading


def read(folder: Path, path: str | None, names: Sequence[str] | None) -> dict[str, str]:
    """The documents that *names* lists, or all, as a dict of texts by name.

    Args:
        folder: the spec's folder.
        path: a file, or a folder of .txt files, below it; None: the chapters of Python's language reference.
        names: which documents to take, in this order; None: all, sorted.

    Raises:
        DataError: a text cannot be read or is not UTF-8, there is no such document, or nothing in them.
    """
    place = "Python's language reference" if path is None else str(folder / path)
    texts = _chapters() if path is None else _files(folder / path)
    missing = [name for name in names or () if name not in texts]
    if missing:
        message, hint = f"there is no document {missing[0]!r}", "change documents in the data source"
        raise DataError.unknown(message, missing[0], sorted(texts), file=str(place), hint=hint)
    seen: set[str] = set()
    kept = {}
    for name in names or sorted(texts):
        paragraphs = [part for part in texts[name].split("\n\n") if part.strip()]
        # A document may quote another one, which would tell a test row in training.
        fresh = dict.fromkeys(part for part in paragraphs if part.strip() not in seen)
        seen.update(part.strip() for part in fresh)
        kept[name] = "\n\n".join(fresh)
    if not any(kept.values()):
        raise DataError(
            "the text is empty", file=place, found="no characters but spaces", allowed="a text", hint="check path"
        )
    return kept


def _chapters() -> dict[str, str]:
    """What Python's ``help("assert")`` and so on print: the language reference of the PSF, in plain text."""
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise DataError(
            "this Python came without its language reference",
            found="no module pydoc_data.topics",
            allowed="a Python with its whole standard library, or a text of your own",
            hint="name a file in path, in the data source",
        ) from None
    return dict(topics)


def _files(place: Path) -> dict[str, str]:
    """The texts of a file, or of the .txt files in a folder, by their names."""
    files = sorted(place.glob("*.txt")) if place.is_dir() else [place]
    if not files:
        raise DataError(
            "the folder holds no .txt file", file=str(place), allowed="one file for each document", hint="check path"
        )
    return {file.stem: _file(file) for file in files}


def _file(file: Path) -> str:
    with reading(file, "the text"):
        return file.read_text(encoding="utf-8-sig")
