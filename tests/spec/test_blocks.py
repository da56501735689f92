"""blocks, repeat and share."""

import pytest

from declnet.spec import parse


@pytest.fixture
def residual(spec):
    """A spec with one block, used three times."""
    spec["blocks"] = {
        "residual": {
            "parameters": {"width": {"default": 4, "description": "Features."}},
            "layers": [
                {"type": "dense", "units": "${width * 2 ** index}"},
                {"type": "dense", "units": "${width}", "name": "out"},
                {"type": "add", "inputs": ["out", "input"]},
            ],
        }
    }
    spec["layers"][1] = {"block": "residual", "name": "stage", "repeat": 3, "width": 8}
    return spec


def test_a_block_is_unrolled(parsed, residual):
    """Names, inputs and parameters of each repeat."""
    result = parsed(residual)
    layers = {layer.name: layer for layer in result.layers}

    assert () == result.diagnostics
    assert ["dense_1", "stage_1/dense_1", "stage_1/out", "stage_1/add_1", "stage_2/dense_1"] == list(layers)[:5]
    assert ("stage_1/out", "dense_1") == layers["stage_1/add_1"].inputs
    assert ("stage_2/out", "stage_1/add_1") == layers["stage_2/add_1"].inputs
    assert [8, 16, 32] == [layers[f"stage_{n}/dense_1"].properties["units"] for n in (1, 2, 3)]
    assert ("stage_3/add_1",) == layers["logits"].inputs


def test_the_name_of_a_block_means_its_result(parsed, residual):
    """From outside: the last repeat, one of them, or a layer within."""
    residual["layers"].append({"type": "add", "inputs": ["stage", "stage_1", "logits"], "name": "sum"})

    assert ("stage_3/add_1", "stage_1/add_1", "logits") == parsed(residual).layers[-1].inputs


def test_blocks_use_blocks(parsed, residual):
    """Each use opens its own names."""
    residual["blocks"]["pair"] = {"layers": [{"block": "residual", "name": "a"}, {"block": "residual", "name": "b"}]}
    residual["blocks"]["residual"]["layers"][0]["units"] = 8
    residual["layers"][1] = {"block": "pair", "name": "p", "freeze": True}
    result = parsed(residual)

    assert () == result.diagnostics
    assert ["p/a/dense_1", "p/a/out", "p/a/add_1", "p/b/dense_1"] == [layer.name for layer in result.layers[1:5]]
    assert [False, True, True] == [layer.freeze for layer in result.layers[:3]]


def test_an_ordinary_layer_is_repeated(parsed, spec):
    """One after the other; ${index} counts from 0."""
    spec["layers"][0] = {"type": "dense", "units": "${8 + index}", "repeat": 2, "name": "body"}
    layers = parsed(spec).layers

    assert [("body_1", 8, ("x",)), ("body_2", 9, ("body_1",))] == [
        (layer.name, layer.properties["units"], layer.inputs) for layer in layers[:2]
    ]
    assert ("body_2",) == layers[2].inputs


def test_share_uses_a_layer_again(parsed, spec):
    """Type and properties are those of the layer whose weights are shared."""
    spec["inputs"] = {"a": {"shape": [4]}, "b": {"shape": [4]}}
    spec["layers"] = [
        {"type": "dense", "units": 8, "name": "encoder", "inputs": "a"},
        {"share": "encoder", "inputs": "b", "name": "again"},
        {"share": "again", "inputs": "b", "name": "third"},
        {"type": "add", "inputs": ["encoder", "again", "third"], "name": "logits"},
    ]
    result = parsed(spec)
    again, third = result.layers[1:3]

    assert () == result.diagnostics
    assert ("dense", "encoder", 8, ("b",)) == (again.type, again.share, again.properties["units"], again.inputs)
    assert "encoder" == third.share


@pytest.mark.parametrize(
    "change, code, message",
    [
        ({"block": "residul"}, "DN1203", "unknown block 'residul'; did you mean 'residual'?"),
        ({"widht": 3}, "DN1101", "unknown key 'widht'; did you mean 'width'? (given already)"),
        ({"repeat": 0}, "DN1203", "this cannot be a number of repeats"),
        ({"inputs": ["x", "dense_1"]}, "DN1203", "what is repeated takes one input"),
        ({"inputs": "nobody"}, "DN1301", "unknown layer or input 'nobody'"),
    ],
)
def test_a_wrong_use(parsed, residual, change, code, message):
    """Told once, where the block is used."""
    residual["layers"][1] |= change
    told = parsed(residual).errors[0]

    assert (code, message) == (told.code, told.message)


def test_a_parameter_without_default_is_required(mistake, residual):
    """The misspelt one is the missing one."""
    residual["blocks"]["residual"]["parameters"]["width"] = {}
    residual["layers"][1] = {"block": "residual", "name": "stage", "widht": 8, "repeat": 3}

    assert "unknown key 'widht'; did you mean 'width'? (required here and missing)" == mistake(residual).message


def test_a_mistake_within_a_block_is_told_once(mistake, residual):
    """However often the block is used; it stands in the block."""
    residual["blocks"]["residual"]["layers"][1]["bais"] = True

    assert "/blocks/residual/layers/1/bais" == mistake(residual).pointer


def test_a_block_does_not_contain_itself(mistake, residual):
    """Not by a detour either."""
    residual["blocks"]["residual"]["layers"].append({"block": "residual"})

    assert "DN1203" == mistake(residual).code


@pytest.mark.parametrize(
    "change, code",
    [
        ({"type": "dense"}, "DN1203"),
        ({"units": 3}, "DN1101"),
        ({"share": "dense_2"}, "DN1203"),
        ({"share": 3}, "DN1103"),
    ],
)
def test_a_wrong_share(mistake, spec, change, code):
    """Beside share stand no type and no properties; it names an earlier layer."""
    spec["layers"][1] = {"share": "dense_1", "name": "again"} | change

    assert code == mistake(spec).code


def test_layers_that_multiply_are_stopped(mistake, spec):
    """Blocks of ten of each other would be 10^9 layers."""
    spec["blocks"] = {f"b{n}": {"layers": [{"block": f"b{n + 1}", "repeat": 10}]} for n in range(8)}
    spec["blocks"]["b8"] = {"layers": [{"type": "dense", "units": 3}]}
    spec["layers"][1] = {"block": "b0"}

    assert "DN1005" == mistake(spec).code


def test_a_shared_block_has_the_weights_of_the_first_use():
    """``share`` names the use of a block: each layer inside shares with its twin, whatever it takes."""
    spec = parse(
        {
            "name": "twins",
            "inputs": {"left": {"shape": [4]}, "right": {"shape": [4]}},
            "blocks": {
                "inner": {"layers": [{"type": "dense", "units": 3}]},
                "tower": {
                    "parameters": {"width": {}},
                    "layers": [{"type": "dense", "units": "${width}"}, {"block": "inner"}],
                },
            },
            "layers": [
                {"block": "tower", "width": 5, "name": "a", "inputs": "left"},
                {"share": "a", "name": "b", "inputs": "right"},
            ],
            "outputs": {"a": "a", "b": "b"},
        }
    )

    assert () == spec.diagnostics
    assert [("b/dense_1", "a/dense_1"), ("b/inner_1/dense_1", "a/inner_1/dense_1")] == [
        (layer.name, layer.share) for layer in spec.layers[2:]
    ]
    assert ["right"] == list(spec.layers[2].inputs)
