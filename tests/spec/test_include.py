"""$include: other files below the spec's own folder."""

import json

import pytest


@pytest.fixture
def file(tmp_path):
    """Write a JSON file beside the spec."""

    def file(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        return path

    return file


def test_keys_beside_an_include_replace_what_it_holds(parsed, spec, file):
    """An included object, with one key of its own."""
    file("parts/training.json", spec["training"])
    spec["training"] = {"$include": "parts/training.json", "epochs": 9}
    result = parsed(spec)

    assert () == result.diagnostics
    assert (9, 16) == (result.training.epochs, result.training.batch_size)


def test_a_list_is_put_into_a_list(parsed, spec, file):
    """An included list of layers becomes several layers."""
    file("body.json", spec["layers"][:2])
    spec["layers"] = [{"$include": "body.json"}, spec["layers"][2]]

    assert ["dense_1", "dropout_1", "logits"] == [layer.name for layer in parsed(spec).layers]


def test_paths_begin_at_the_file_that_includes(parsed, spec, file):
    """An included file names its neighbours."""
    file("parts/a.json", {"$include": "b.json"})
    file("parts/b.json", spec["training"])
    spec["training"] = {"$include": "parts/a.json"}

    assert () == parsed(spec).diagnostics


def test_a_mistake_in_an_included_file_stands_there(mistake, spec, file, tmp_path):
    """File, line and pointer are those of the included file."""
    spec["training"]["epochs"] = 0
    file("training.json", spec["training"])
    spec["training"] = {"$include": "training.json"}
    told = mistake(spec)

    assert (str(tmp_path / "training.json"), "/epochs") == (told.file, told.pointer)


@pytest.mark.parametrize("path", ["../other.json", "/etc/hostname", "a/../../other.json"])
def test_an_include_stays_in_the_folder(mistake, spec, file, path):
    """Whether or not the file exists."""
    spec["training"] = {"$include": path}

    assert "DN1006" == mistake(spec).code


def test_a_link_does_not_lead_out(mistake, spec, tmp_path, tmp_path_factory):
    """A symbolic link is followed before it is judged."""
    other = tmp_path_factory.mktemp("other") / "training.json"
    other.write_text("{}")
    (tmp_path / "link.json").symlink_to(other)
    spec["training"] = {"$include": "link.json"}

    assert "DN1006" == mistake(spec).code


def test_a_cycle_is_told(mistake, spec, file):
    """With the way around it."""
    file("a.json", {"$include": "b.json"})
    file("b.json", {"$include": "a.json"})
    spec["training"] = {"$include": "a.json"}
    told = mistake(spec)

    assert ("DN1007", "a.json → b.json → a.json") == (told.code, told.found)


@pytest.mark.parametrize("value", [3, "", None, ["a.json"]])
def test_an_include_names_a_file(mistake, spec, value):
    """Nothing else than a path."""
    spec["training"] = {"$include": value}

    assert "DN1007" == mistake(spec).code


def test_a_missing_file_is_told_where_it_is_asked_for(mistake, spec):
    """The place is that of the $include."""
    spec["training"] = {"$include": "nothing.json"}
    told = mistake(spec)

    assert ("DN1004", "/training/$include") == (told.code, told.pointer)


def test_files_that_multiply_are_stopped(mistake, spec, file):
    """Ten files that include each other ten times would be 10^10."""
    for index in range(10):
        file(f"{index}.json", [{"$include": f"{index + 1}.json"}] * 10)
    file("10.json", [])
    spec["layers"] = {"$include": "0.json"}

    assert "DN1005" == mistake(spec).code
