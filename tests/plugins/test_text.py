"""The data source of texts."""

import numpy as np
import pytest
from declnet_data import text as source
from jsonschema import Draft202012Validator

from declnet import DataError

LETTERS = " abcdefghijklmnopqrstuvwxyz"
CHAPTERS = ["compound", "types"]


def read(folder=None, **properties):
    """Call the source as declnet does: with every property, the defaults filled in."""
    schema = source.schema
    Draft202012Validator({"additionalProperties": False, **schema}).validate(properties)
    defaults = {name: entry["default"] for name, entry in schema["properties"].items() if "default" in entry}
    return source(folder, **defaults | properties)


def refusal(folder, **properties):
    with pytest.raises(DataError) as caught:
        read(folder, **properties)
    (diagnostic,) = caught.value.diagnostics
    assert len(str(diagnostic).splitlines()) <= 6
    return diagnostic


def spelt(numbers, alphabet=LETTERS):
    """The characters that the rows of a column stand for; "^" for 0."""
    return ["".join("^" if n == 0 else alphabet[n - 1] for n in row) for row in numbers]


@pytest.fixture
def folder(tmp_path):
    """Two documents, of which the second quotes a paragraph of the first."""
    (tmp_path / "birds.txt").write_text("The owl sees\nat night.\n\nTwo owls, and a wren, sing.", encoding="utf-8")
    (tmp_path / "fish.txt").write_text("A pike eats the small fish\n\nThe owl sees\nat night.", encoding="utf-8")
    return tmp_path


class TestNextCharacter:
    def test_columns(self, folder):
        """The target is the text, one character on; what the alphabet lacks becomes a space."""
        columns = read(folder, path="birds.txt", task="next_character", length=10, alphabet=LETTERS).rows

        assert ["the owl se", "es at nigh", "t   two ow", "ls  and a ", "wren  sing"] == spelt(columns["text"])
        assert ["he owl see", "s at night", "   two owl", "s  and a w", "ren  sing "] == spelt(columns["next"])

    def test_rows_overlap(self, folder):
        """With a stride that is less than the length."""
        columns = read(folder, path="birds.txt", task="next_character", length=6, stride=4, alphabet=LETTERS).rows

        assert ["the ow", "owl se", "sees a"] == spelt(columns["text"][:3])

    def test_printable_ascii(self, folder):
        """Without an alphabet case and newlines stay: the newline is 1, the space 2, the tilde 96."""
        columns = read(folder, path="birds.txt", task="next_character", length=12).rows

        alphabet = "\n" + "".join(map(chr, range(32, 127)))
        assert np.int64 == columns["text"].dtype
        assert ["The owl sees", "\nat night.\n\n"] == spelt(columns["text"][:2], alphabet)


def test_word_starts(folder):
    """The spaces are gone, and the target tells where they were."""
    letters = LETTERS[1:]
    columns = read(folder, path="fish.txt", task="word_starts", length=7, alphabet=letters).rows

    assert ["apikeea", "tsthesm", "allfish", "theowls", "eesatni"] == spelt(columns["text"], letters)
    assert [[1, 1, 0, 0, 0, 1, 0], [0, 0, 1, 0, 0, 1, 0]] == columns["starts"][:2].tolist()


def test_reversal(folder):
    """Each word backwards, in its place; the decoder reads the target one character late."""
    columns = read(folder, path="fish.txt", task="reversal", length=12, alphabet=LETTERS).rows

    assert ["a pike eats ", "the small fi", "sh the owl s", "ees at night"] == spelt(columns["source"])
    assert ["a ekip stae ", "eht llams if", "hs eht lwo s", "see ta thgin"] == spelt(columns["target"])
    assert ["^a ekip stae", "^eht llams i", "^hs eht lwo ", "^see ta thgi"] == spelt(columns["shifted"])


class TestDocument:
    def test_columns(self, folder):
        """Passages in order, padded by 0; a paragraph that recurs, or has fewer than 5 words, is left out."""
        table = read(folder, path=".", task="document", length=6, vocabulary=4)

        assert {"document": ["birds", "fish"]} == table.labels
        assert [0, 0, 1] == table.rows["document"].tolist()
        assert [5, 6, 6] == table.rows["number_of_words"].tolist()
        # The most frequent words are "a" (2) and "the" (3); all others are rare (1).
        assert [[3, 1, 1, 1, 1, 0], [1, 1, 1, 2, 1, 1], [2, 1, 1, 3, 1, 1]] == table.rows["words"].tolist()

    def test_classes_follow_the_list(self, folder):
        """The order of the documents in the spec is that of the class numbers."""
        table = read(folder, path=".", task="document", length=6, documents=["fish", "birds"])

        assert {"document": ["fish", "birds"]} == table.labels
        assert [0, 0, 1] == table.rows["document"].tolist()

    def test_long_paragraphs_are_cut(self, folder):
        """Into pieces of the length; a piece of fewer than 5 words is dropped."""
        table = read(folder, path=".", task="document", length=5)

        assert [5, 5, 5] == table.rows["number_of_words"].tolist()


class TestReference:
    """The language reference that comes with Python."""

    @pytest.mark.parametrize(
        ("task", "columns"),
        [
            ("next_character", {"text": (24,), "next": (24,)}),
            ("word_starts", {"text": (24,), "starts": (24,)}),
            ("reversal", {"source": (24,), "shifted": (24,), "target": (24,)}),
            ("document", {"words": (24,), "number_of_words": (), "document": ()}),
        ],
    )
    def test_columns(self, task, columns):
        """Each task has rows enough to learn from."""
        table = read(task=task, length=24, documents=CHAPTERS)

        assert columns == {name: values.shape[1:] for name, values in table.rows.arrays.items()}
        assert 400 < len(table)

    def test_all_chapters(self):
        """Without a list; the numbers of characters stay below the 97 that the alphabet has with the 0."""
        columns = read(task="next_character", length=64).rows

        assert 3000 < len(columns["text"])
        assert 0 < columns["text"].min() <= columns["text"].max() < 97

    def test_unknown_chapter(self):
        """The nearest name is proposed."""
        error = refusal(None, task="document", length=24, documents=["compund"])

        assert "there is no document 'compund'; did you mean 'compound'?" == error.message


class TestRefusals:
    def test_missing_file(self, folder):
        """With the path that was tried."""
        error = refusal(folder, path="mice.txt", task="next_character", length=4)

        assert ("the text cannot be read", str(folder / "mice.txt")) == (error.message, error.file)

    def test_no_text_file(self, folder):
        """A folder without .txt files."""
        (folder / "empty").mkdir()

        error = refusal(folder, path="empty", task="document", length=4)

        assert "the folder holds no .txt file" == error.message

    def test_other_encoding(self, folder):
        """Bytes that are not UTF-8."""
        (folder / "latin.txt").write_bytes("käfer".encode("latin-1"))

        error = refusal(folder, path="latin.txt", task="next_character", length=4)

        assert ("the text is not UTF-8", "byte 0xe4") == (error.message, error.found)

    def test_empty(self, folder):
        """Nothing but spaces."""
        (folder / "blank.txt").write_text(" \n\n ", encoding="utf-8")

        error = refusal(folder, path="blank.txt", task="next_character", length=4)

        assert "the text is empty" == error.message

    @pytest.mark.parametrize("task", ["next_character", "word_starts", "reversal"])
    def test_too_short(self, folder, task):
        """Not one row."""
        error = refusal(folder, path="fish.txt", task=task, length=500)

        assert "the text is shorter than one row" == error.message

    def test_no_passage(self, folder):
        """No paragraph has words enough."""
        (folder / "short.txt").write_text("Few words.", encoding="utf-8")

        error = refusal(folder, path="short.txt", task="document", length=8)

        assert "the text is shorter than one row" == error.message

    def test_length_zero(self):
        """The schema asks for at least one character."""
        errors = list(Draft202012Validator(source.schema).iter_errors({"task": "next_character", "length": 0}))

        assert ["0 is less than the minimum of 1"] == [error.message for error in errors]
