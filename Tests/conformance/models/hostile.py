"""Files that are not what they claim to be, or ask for more than there is. None is ever run or unpickled here."""

import os
import pickle

import numpy
import onnx
from onnx import TensorProto, helper
from recipes import CONTAINED, REFUSED, Recipe, constant, floats, graph, model, node, seeded, tensor


def recipes():
    yield huge_tensor()
    yield tensor_by_input()
    yield initializer("huge_initializer", [2**60], "an initializer of 2^60 floats that holds 4 bytes")
    yield initializer("overflowing_initializer", [2**40, 2**40], "an initializer whose size overflows 64 bits")
    yield initializer("negative_initializer", [-4], "an initializer with a negative dimension")
    yield unknown_operator()
    yield future_opset()
    yield missing_graph()
    yield from files_of_bytes()
    yield pickled()


def huge_tensor():
    """The size depends on the input, though its value does not, so that nothing can be folded when loading."""
    nodes = [
        node("ReduceMax", ["x"], ["most"], keepdims=0),
        node("Cast", ["most"], ["whole"], to=TensorProto.INT64),
        node("Mul", ["whole", "nothing"], ["none"]),
        node("Add", ["sizes", "none"], ["shape"]),
        node("ConstantOfShape", ["shape"], ["giant"]),
        node("ReduceMax", ["giant"], ["y"], keepdims=0),
    ]
    constants = [constant("nothing", numpy.int64(0)), constant("sizes", numpy.array([2**30, 2**30], "i8"))]
    whole = graph("huge_tensor", nodes, [tensor("x", "FP32", [4])], [tensor("y", "FP32", [])], constants)
    attack = ("any input", {"x": floats(0, 1, 2, 3)})
    return Recipe("huge_tensor", "makes 2^60 floats when run", model(whole), expect=CONTAINED, attacks=[attack])


def tensor_by_input():
    whole = graph(
        "tensor_by_input", [node("ConstantOfShape", ["shape"], ["y"])], [tensor("shape", "INT64", ["rank"])],
        [tensor("y", "FP32", None)],
    )  # fmt: skip

    def feeds(*shape):
        return {"shape": numpy.array(shape, "<i8")}

    return Recipe(
        "tensor_by_input",
        "answers zeros of the shape that the request asks for; an output without a known rank",
        model(whole, check=False),
        expect=CONTAINED,
        cases=[("2 x 3", feeds(2, 3)), ("a scalar", feeds()), ("no elements", feeds(0, 5))],
        attacks=[
            ("2^60 elements", feeds(2**60)),
            ("2^80 elements", feeds(2**40, 2**40)),
            ("a negative dimension", feeds(-1)),
            ("2^38 elements", feeds(2**38)),
        ],
    )


def initializer(name, dimensions, about):
    claimed = onnx.TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=dimensions, raw_data=b"\0\0\x80\x3f")
    whole = graph(
        name, [node("ReduceMax", ["weights"], ["most"], keepdims=0), node("Add", ["x", "most"], ["y"])],
        [tensor("x", "FP32", [4])], [tensor("y", "FP32", [4])], [claimed],
    )  # fmt: skip
    return Recipe(name, about, model(whole, check=False), expect=REFUSED)


def small(name, operator, **attributes):
    nodes = [helper.make_node(operator, ["x"], ["y"], **attributes)]
    return graph(name, nodes, [tensor("x", "FP32", ["batch", 4])], [tensor("y", "FP32", ["batch", 4])])


def unknown_operator():
    made = model(small("unknown_operator", "Conjure", domain="example.magic"), check=False)
    made.opset_import.append(helper.make_opsetid("example.magic", 1))
    return Recipe("unknown_operator", "an operator that no runtime has", made, expect=REFUSED)


def future_opset():
    made = model(small("future_opset", "Relu"), check=False)
    made.opset_import[0].version = 9999
    return Recipe("future_opset", "operator set 9999", made, expect=REFUSED)


def missing_graph():
    made = model(small("missing_graph", "Relu"))
    made.ClearField("graph")
    return Recipe("missing_graph", "a model file without a graph", made, expect=REFUSED)


def files_of_bytes():
    weights = constant("weights", seeded(64, 64, seed=5))
    whole = graph(
        "truncated", [node("MatMul", ["x", "weights"], ["y"])], [tensor("x", "FP32", ["batch", 64])],
        [tensor("y", "FP32", ["batch", 64])], [weights],
    )  # fmt: skip
    complete = model(whole).SerializeToString()
    contents = {
        "truncated": ("a model cut off in its weights", complete[: len(complete) // 2]),
        "text": ("a text named .onnx", b"This is a text about a model, not a model.\n"),
        "empty": ("a file without a byte", b""),
        "random": ("random bytes", numpy.random.default_rng(6).bytes(4096)),
        "deep_nesting": ("5,000 graphs inside one another", nested(5000)),
        "lying_length": ("a field that claims 2^63 - 1 bytes", b"\x08\x09\x3a" + b"\xff" * 8 + b"\x7f" + b"graph"),
    }
    for name, (about, content) in contents.items():
        yield Recipe(name, about, expect=REFUSED, write=writer(f"{name}.onnx", content))


def writer(file, content):
    def write(folder):
        (folder / file).write_bytes(content)
        return file

    return write


def nested(depth):
    """A model whose graph holds a node that holds a graph, and so on: a recursive parser's stack overflows."""

    def field(number, content):
        return varint(number << 3 | 2) + varint(len(content)) + content

    whole = field(2, b"innermost")  # GraphProto.name
    for _ in range(depth):
        attribute = field(1, b"body") + field(6, whole) + b"\xa0\x01\x05"  # AttributeProto: name, g, type = GRAPH
        whole = field(1, field(4, b"If") + field(5, attribute))  # GraphProto.node: op_type, attribute
    return b"\x08\x09" + field(7, whole) + field(8, b"\x10\x14")  # ModelProto: ir_version 9, graph, opset 20


def varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(encoded + bytes([number]))


class MakesFolder:
    """Unpickling it makes a folder: harmless, and seen afterwards."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def pickled():
    def write(folder):
        content = pickle.dumps(MakesFolder(folder.resolve() / "the_pickle_was_executed"), protocol=4)
        (folder / "pickle.onnx").write_bytes(content)
        (folder / "pickle.pkl").write_bytes(content)
        return "pickle.pkl"

    about = "a pickle, also as pickle.onnx; whoever loads it makes the folder the_pickle_was_executed beside it"
    return Recipe("pickle", about, expect=REFUSED, write=write)
