"""What a model of the collection is: its graph, what is asked of it, and what a server should do with it."""

from dataclasses import dataclass, field

import numpy
import onnx
from onnx import helper, numpy_helper
from tensors import DATATYPES

SERVES = "serves"  # push, deploy and predict succeed; every case is answered as written
REFUSED = "refused"  # push is refused with a reason and nothing of it stays
CONTAINED = "contained"  # push, deploy or a prediction may fail, with a reason; the server and its other models go on

OPSETS = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", 3)]


@dataclass
class Recipe:
    name: str
    about: str
    model: onnx.ModelProto | None = None  # None: `write` makes the files
    expect: str = SERVES
    cases: list = field(default_factory=list)  # (title, inputs by name): answered, and the answer is written down
    attacks: list = field(default_factory=list)  # (title, inputs by name): sent, never run here
    write: object = None  # called with the folder of the collection; makes the files and returns the path to push
    tolerance: float = 0.0  # relative; 0: answers are the same bit for bit


def tensor(name, datatype, shape):
    """An input or output: `tensor("x", "FP32", ["batch", 4])`."""
    return helper.make_tensor_value_info(name, DATATYPES[datatype][0], shape)


def node(operator, inputs, outputs, **attributes):
    return helper.make_node(operator, inputs, outputs, **attributes)


def constant(name, value):
    return numpy_helper.from_array(numpy.asarray(value), name)


def graph(name, nodes, inputs, outputs, constants=()):
    return helper.make_graph(nodes, name, inputs, outputs, list(constants))


def model(whole, about="", labels=None, check=True):
    """A model around a graph. `labels`: names of classes, in the file's metadata as a JSON array under `labels`."""
    made = helper.make_model(whole, producer_name="slipway-conformance", opset_imports=OPSETS, ir_version=9)
    made.producer_version = "1"
    made.doc_string = about
    if labels:
        helper.set_model_props(made, {"labels": labels})
    if check:
        onnx.checker.check_model(made, full_check=True)
    return made


def floats(*rows):
    return numpy.array(rows, numpy.float32)


def seeded(*shape, seed, scale=1.0):
    """Deterministic normal numbers; the same on every machine."""
    return (numpy.random.default_rng(seed).standard_normal(shape) * scale).astype(numpy.float32)
