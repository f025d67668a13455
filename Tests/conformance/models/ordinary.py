"""Models that any server has to serve: types, shapes, several inputs and outputs, state, classes."""

import json
import pathlib

import numpy
import onnx
from onnx import helper
from recipes import REFUSED, Recipe, constant, floats, graph, model, node, seeded, tensor
from tensors import BF16, DATATYPES

IRIS = pathlib.Path(__file__).resolve().parents[3] / "examples" / "iris" / "model.onnx"


def recipes():
    yield addsub("addsub", "FP32")
    yield addsub("addsub_int32", "INT32")
    for datatype in DATATYPES:
        yield identity(datatype)
    yield many_types()
    yield scalar()
    yield strings()
    yield stateful_accumulate()
    yield dynamic_axes()
    yield classifier()
    yield mlp()
    yield milliseconds()
    yield nan_out()
    yield zipmap()


def addsub(name, datatype):
    inputs = [tensor("a", datatype, ["batch", 4]), tensor("b", datatype, ["batch", 4])]
    outputs = [tensor("sum", datatype, ["batch", 4]), tensor("diff", datatype, ["batch", 4])]
    nodes = [node("Add", ["a", "b"], ["sum"]), node("Sub", ["a", "b"], ["diff"])]
    dtype = DATATYPES[datatype][1]
    one = numpy.array([[1, 2, 3, 4]], dtype)
    many = numpy.arange(12, dtype=dtype).reshape(3, 4)
    none = numpy.empty((0, 4), dtype)
    return Recipe(
        name,
        "sum and difference of two inputs",
        model(graph(name, nodes, inputs, outputs)),
        cases=[
            ("one row", {"a": one, "b": one[:, ::-1].copy()}),
            ("three rows", {"a": many, "b": many * many}),
            ("no rows", {"a": none, "b": none}),
        ],
    )


# The ends of each type's range and what lies beside zero.
CORNERS = {
    "BOOL": [True, False, False, True],
    "FP16": [0.0, -0.0, 65504.0, 2.0**-24],
    "FP32": [0.1, -0.0, numpy.finfo("f4").max, 2.0**-149],
    "FP64": [0.1, -0.0, numpy.finfo("f8").max, 2.0**-1074],
    "BF16": [1.5, -0.0, -(2.0**127), 0.0078125],
    "BYTES": ["", "plain", "häß 日本 🛶", 'quote " backslash \\ newline \n nul \0 end'],
}


def corners(datatype):
    values = CORNERS.get(datatype)
    if datatype == "BF16":
        return BF16.of(numpy.array(values).reshape(2, 2))
    dtype = DATATYPES[datatype][1]
    if values is None:
        limits = numpy.iinfo(dtype)
        values = [limits.min, limits.max, 1, 0]
    return numpy.array(values, dtype).reshape(2, 2)


def empty(datatype):
    none = numpy.empty((0, 3), DATATYPES[datatype][1])
    return BF16(none) if datatype == "BF16" else none


def identity(datatype):
    name = f"identity_{datatype.lower()}"
    shape = ["rows", "columns"]
    whole = graph(
        name, [node("Identity", ["input"], ["output"])], [tensor("input", datatype, shape)],
        [tensor("output", datatype, shape)],
    )  # fmt: skip
    cases = [("corner values", {"input": corners(datatype)}), ("no elements", {"input": empty(datatype)})]
    return Recipe(name, f"answers its {datatype} input", model(whole), cases=cases)


def many_types():
    """One input and one output of every type in one model: binary tensors follow one another at odd offsets."""
    inputs = [tensor(f"in_{datatype.lower()}", datatype, ["length"]) for datatype in DATATYPES]
    outputs = [tensor(f"out_{datatype.lower()}", datatype, ["length"]) for datatype in DATATYPES]
    nodes = [node("Identity", [source.name], [target.name]) for source, target in zip(inputs, outputs)]

    def flat(datatype):
        value = corners(datatype)
        return BF16(value.bits.ravel()[:3]) if datatype == "BF16" else value.ravel()[:3]

    cases = [("three of each", {f"in_{datatype.lower()}": flat(datatype) for datatype in DATATYPES})]
    whole = model(graph("many_types", nodes, inputs, outputs))
    return Recipe("many_types", "one output per data type", whole, cases=cases)


def scalar():
    inputs = [tensor("x", "FP32", []), tensor("n", "INT64", [])]
    outputs = [tensor("doubled", "FP32", []), tensor("next", "INT64", [])]
    constants = [constant("two", numpy.float32(2)), constant("one", numpy.int64(1))]
    nodes = [node("Mul", ["x", "two"], ["doubled"]), node("Add", ["n", "one"], ["next"])]
    cases = [("scalars", {"x": numpy.array(1.25, "<f4"), "n": numpy.array(2**53, "<i8")})]
    whole = model(graph("scalar", nodes, inputs, outputs, constants))
    return Recipe("scalar", "inputs and outputs of shape []", whole, cases=cases)


def strings():
    words = [tensor("first", "BYTES", ["batch"]), tensor("last", "BYTES", ["batch"])]
    inputs = [*words, tensor("scores", "FP32", ["batch", 3])]
    outputs = [tensor("joined", "BYTES", ["batch"]), tensor("label", "BYTES", ["batch"])]
    nodes = [
        node("StringConcat", ["first", "last"], ["joined"]),
        node("ArgMax", ["scores"], ["best"], axis=1, keepdims=0),
        node(
            "LabelEncoder", ["best"], ["label"], domain="ai.onnx.ml",
            keys_int64s=[0, 1, 2], values_strings=["rouge", "blanc", "rosé"], default_string="?",
        ),
    ]  # fmt: skip
    feeds = {
        "first": numpy.array(["sli", "", "ça "], object),
        "last": numpy.array(["pway", "", "va 🛶"], object),
        "scores": floats([0.1, 0.7, 0.2], [0.9, 0, 0.1], [0, 0.1, 0.9]),
    }
    whole = model(graph("strings", nodes, inputs, outputs))
    return Recipe("strings", "joins strings and answers a label as a string", whole, cases=[("three rows", feeds)])


def stateful_accumulate():
    inputs = [tensor("state", "FP32", [3]), tensor("x", "FP32", ["batch", 3])]
    outputs = [tensor("new_state", "FP32", [3]), tensor("y", "FP32", ["batch", 3])]
    nodes = [
        node("ReduceSum", ["x", "rows"], ["total"], keepdims=0),
        node("Add", ["state", "total"], ["new_state"]),
        node("Add", ["x", "state"], ["y"]),
    ]
    whole = graph("stateful_accumulate", nodes, inputs, outputs, [constant("rows", numpy.array([0], "i8"))])
    x = floats([1, 2, 3], [10, 20, 30])
    first, second = numpy.zeros(3, "<f4"), floats(11, 22, 33)
    cases = [("from nothing", {"state": first, "x": x}), ("from the first answer", {"state": second, "x": x})]
    return Recipe("stateful_accumulate", "state goes in and comes out as a tensor", model(whole), cases=cases)


def dynamic_axes():
    inputs = [
        tensor("a", "FP32", ["batch", "length"]),
        tensor("b", "FP32", ["length", "width"]),
        tensor("c", "FP32", ["batch", "width"]),
    ]
    outputs = [tensor("y", "FP32", ["batch", "width"]), tensor("longer", "FP32", ["batch", "length_and_width"])]
    nodes = [
        node("MatMul", ["a", "b"], ["product"]),
        node("Add", ["product", "c"], ["y"]),
        node("Concat", ["a", "c"], ["longer"], axis=1),
    ]

    def feeds(batch, length, width):
        shapes = {"a": (batch, length), "b": (length, width), "c": (batch, width)}
        return {name: numpy.arange(numpy.prod(shape), dtype="<f4").reshape(shape) for name, shape in shapes.items()}

    return Recipe(
        "dynamic_axes",
        "three symbolic dimensions, each shared by two inputs, and one more in an output",
        model(graph("dynamic_axes", nodes, inputs, outputs)),
        cases=[("2 x 3 x 4", feeds(2, 3, 4)), ("all one", feeds(1, 1, 1)), ("5 x 1 x 2", feeds(5, 1, 2))],
    )


CLASSES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def classifier():
    whole = graph(
        "classifier", [node("Softmax", ["features"], ["scores"], axis=1)], [tensor("features", "FP32", ["batch", 10])],
        [tensor("scores", "FP32", ["batch", 10])],
    )  # fmt: skip
    rows = floats([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [9, 1, 1, 1, 8, 1, 1, 1, 7, 1])
    return Recipe(
        "classifier",
        "softmax over ten named classes: features 0..9 rank nine, eight, seven first",
        model(whole, labels=json.dumps(CLASSES)),
        cases=[("two rows", {"features": rows})],
        tolerance=1e-6,
    )


def mlp():
    sizes = [64, 256, 256, 10]
    nodes, constants, value = [], [], "features"
    for layer, (wide, narrow) in enumerate(zip(sizes, sizes[1:])):
        constants.append(constant(f"weights_{layer}", seeded(wide, narrow, seed=layer, scale=wide**-0.5)))
        constants.append(constant(f"bias_{layer}", seeded(narrow, seed=100 + layer, scale=0.1)))
        last = layer == len(sizes) - 2
        answer = "scores" if last else f"sum_{layer}"
        nodes.append(node("Gemm", [value, f"weights_{layer}", f"bias_{layer}"], [answer]))
        if not last:
            nodes.append(node("Relu", [answer], [f"hidden_{layer}"]))
        value = f"hidden_{layer}"
    inputs, outputs = [tensor("features", "FP32", ["batch", 64])], [tensor("scores", "FP32", ["batch", 10])]
    whole = graph("mlp", nodes, inputs, outputs, constants)
    cases = [("one row", {"features": seeded(1, 64, seed=7)}), ("32 rows", {"features": seeded(32, 64, seed=8)})]
    return Recipe("mlp_64_256_256_10", "three dense layers", model(whole), cases=cases, tolerance=1e-4)


def milliseconds():
    """Per row 48 products of two 256 x 256 matrices: 1.6 thousand million floating-point operations."""
    steps, width = 48, 256
    nodes = [node("Unsqueeze", ["x", "middle"], ["row"]), node("Mul", ["row", "spread"], ["state_0"])]
    for step in range(steps):
        nodes.append(node("MatMul", [f"state_{step}", "weights"], [f"product_{step}"]))
        nodes.append(node("Clip", [f"product_{step}", "low", "high"], [f"state_{step + 1}"]))
    nodes.append(node("ReduceMean", [f"state_{steps}", "middle"], ["y"], keepdims=0))
    constants = [
        constant("middle", numpy.array([1], "i8")),
        constant("spread", seeded(1, width, width, seed=1)),
        constant("weights", seeded(width, width, seed=2, scale=width**-0.5)),
        constant("low", numpy.float32(-4)),
        constant("high", numpy.float32(4)),
    ]
    inputs, outputs = [tensor("x", "FP32", ["batch", width])], [tensor("y", "FP32", ["batch", width])]
    whole = model(graph("milliseconds", nodes, inputs, outputs, constants))
    cases = [("one row", {"x": seeded(1, width, seed=3)}), ("three rows", {"x": seeded(3, width, seed=4)})]
    return Recipe("milliseconds", "computes for 5 to 10 ms per row on one core", whole, cases=cases, tolerance=1e-3)


def nan_out():
    inputs = [tensor("x", "FP32", ["batch", 3]), tensor("wide", "FP64", ["batch", 3])]
    outputs = [tensor("logarithm", "FP32", ["batch", 3]), tensor("reciprocal", "FP64", ["batch", 3])]
    nodes = [node("Log", ["x"], ["logarithm"]), node("Reciprocal", ["wide"], ["reciprocal"])]
    feeds = {"x": floats([-1, 0, 1]), "wide": numpy.array([[0.0, -0.0, 4.0]])}
    finite = {"x": floats([1, 1, 1]), "wide": numpy.array([[1.0, 2.0, 4.0]])}
    return Recipe(
        "nan_out",
        "answers NaN and both infinities, in FP32 and FP64",
        model(graph("nan_out", nodes, inputs, outputs)),
        cases=[("not finite", feeds), ("finite", finite)],
    )


def zipmap():
    """The iris example as scikit-learn exports it by default: probabilities as a sequence of maps."""
    made = onnx.load(IRIS)
    keys = list(range(3))
    zipped = node("ZipMap", ["probabilities"], ["by_class"], domain="ai.onnx.ml", classlabels_int64s=keys)
    made.graph.node.append(zipped)
    del made.graph.output[1]
    by_class = helper.make_map_type_proto(
        onnx.TensorProto.INT64, helper.make_tensor_type_proto(onnx.TensorProto.FLOAT, None)
    )
    made.graph.output.append(helper.make_value_info("by_class", helper.make_sequence_type_proto(by_class)))
    return Recipe("zipmap", "an output that is not a tensor but a sequence of maps", made, expect=REFUSED)
