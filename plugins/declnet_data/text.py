"""Texts, as rows of numbers: characters or words, and what is to be learnt of them."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from string import printable

import numpy as np

from declnet import DataError, Table, source
from declnet_data.documents import read

PADDING, RARE, FIRST_WORD = 0, 1, 2
LEAST_WORDS = 5
ASCII = "\n" + "".join(sorted(set(printable) - set("\t\n\r\x0b\x0c")))


@source("text.schema.json")
def text(
    folder: Path, *, path: str | None, documents: list[str] | None, task: str, length: int, stride: int | None,
    alphabet: str | None, vocabulary: int,
) -> Table:  # fmt: skip
    """Rows of a text, all of them int64, by task.

    next_character: text (length,) and next (length,), the same text one character on. word_starts: text (length,)
    without spaces, and starts (length,), 1 where a word starts. reversal: source (length,), target (length,) with the
    letters of each word backwards, and shifted (length,), the target one character back, 0 at first, as a decoder reads
    it. document: words (length,), padded by 0, number_of_words (), and document (), its class; passages are
    pieces of paragraphs of 5 words or more. A paragraph that recurs is taken once.

    Raises:
        DataError: the text cannot be read, or is shorter than one row.
    """
    texts = read(folder, path, documents)
    stride = stride or length
    if task == "document":
        table = _passages(texts, length, stride, vocabulary)
    else:
        alphabet = alphabet or ASCII
        table = Table(_characters("\n\n".join(texts.values()), task, length, stride, alphabet))
    if not len(table):
        raise DataError(
            "the text is shorter than one row",
            found=f"{sum(map(len, texts.values()))} characters",
            allowed=f"more than {length} of them, or paragraphs of {LEAST_WORDS} words",
            hint="make length smaller, or take a longer text",
        )
    return table


def _characters(written: str, task: str, length: int, stride: int, alphabet: str) -> dict[str, np.ndarray]:
    """The columns of a task about characters."""
    if alphabet == alphabet.lower():
        written = written.lower()
    written = "".join(c if c in alphabet else " " for c in written)
    if task == "next_character":
        rows = _windows(_numbers(written, alphabet), length + 1, stride)
        return {"text": rows[:, :-1], "next": rows[:, 1:]}
    words = written.split()
    if task == "word_starts":
        starts = np.array([position == 0 for word in words for position in range(len(word))], np.int64)
        letters = _numbers("".join(words), alphabet)
        return {"text": _windows(letters, length, stride), "starts": _windows(starts, length, stride)}
    rows = _windows(np.array(list(" ".join(words))), length, stride)
    backwards = [" ".join(word[::-1] for word in "".join(row).split(" ")) for row in rows]
    given, target = (
        _numbers("".join(part), alphabet).reshape(-1, length) for part in (rows.reshape(-1).tolist(), backwards)
    )
    return {"source": given, "shifted": np.pad(target, ((0, 0), (1, 0)))[:, :-1], "target": target}


def _passages(texts: Mapping[str, str], length: int, stride: int, vocabulary: int) -> Table:
    """Passages of words, and which document each is from."""
    rows: list[tuple[list[str], int]] = []
    counts: Counter[str] = Counter()
    for document, written in enumerate(texts.values()):
        for paragraph in written.lower().split("\n\n"):
            words = re.findall(r"\w+", paragraph)
            counts.update(words)
            pieces = [words[start : start + length] for start in range(0, len(words), stride)]
            rows += [(piece, document) for piece in pieces if len(piece) >= min(LEAST_WORDS, length)]
    # Words that are equally frequent stand in the order of the alphabet, whatever the order of the documents.
    frequent = sorted(counts, key=lambda word: (-counts[word], word))[: vocabulary - FIRST_WORD]
    numbers = {word: number for number, word in enumerate(frequent, FIRST_WORD)}
    table = np.full((len(rows), length), PADDING, np.int64)
    for row, (piece, _) in zip(table, rows):
        row[: len(piece)] = [numbers.get(word, RARE) for word in piece]
    sizes = np.array([len(piece) for piece, _ in rows], np.int64)
    documents = np.array([document for _, document in rows], np.int64)
    columns = {"words": table, "number_of_words": sizes, "document": documents}
    return Table(columns, labels={"document": list(texts)})


def _numbers(written: str, alphabet: str) -> np.ndarray:
    """The number of each character: its place in the alphabet, counted from 1; a space that is not in it is 0."""
    places = {character: place for place, character in enumerate(alphabet, 1)}
    return np.array([places.get(character, PADDING) for character in written], np.int64)


def _windows(values: np.ndarray, length: int, stride: int) -> np.ndarray:
    """Each *length* successive values, every *stride* values: (rows, length)."""
    rows = max(0, (len(values) - length) // stride + 1)
    return values[np.arange(rows)[:, np.newaxis] * stride + np.arange(length)]
