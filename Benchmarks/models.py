"""Makes what the benchmark predicts with; run with the benchmark's venv.

usage: models.py FOLDER [--iris FILE]

Writes into FOLDER:
  iris.onnx       the small model: FILE when given, else a 4-feature logistic regression made here
  millis.onnx     a model that computes for milliseconds on one core and whose request is as small
  requests.json   per model: the request bodies, and the answer that ONNX Runtime itself gives for them
"""

import argparse
import json
import pathlib
import shutil

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FLOWER = [5.1, 3.5, 1.4, 0.2]
DATATYPES = {
    "tensor(float)": ("FP32", numpy.float32),
    "tensor(double)": ("FP64", numpy.float64),
    "tensor(int64)": ("INT64", numpy.int64),
}


def save(path, nodes, outputs, constants):
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["batch", 4])],
        outputs,
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(
        graph, producer_name="slipway-benchmarks", opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def save_logistic_regression(path):
    """The coefficients of a logistic regression on the iris data, rounded; only the sizes matter for speed."""
    constants = {
        "coefficients": numpy.array(
            [[-0.42, 0.53, -0.11], [0.97, -0.32, -0.65], [-2.52, -0.21, 2.73], [-1.08, -0.94, 2.02]], numpy.float32
        ),
        "intercepts": numpy.array([9.85, 2.24, -12.09], numpy.float32),
    }
    nodes = [
        helper.make_node("MatMul", ["X", "coefficients"], ["products"]),
        helper.make_node("Add", ["products", "intercepts"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=-1),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=-1, keepdims=0),
    ]
    outputs = [
        helper.make_tensor_value_info("label", TensorProto.INT64, ["batch"]),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 3]),
    ]
    save(path, nodes, outputs, constants)


def save_milliseconds(path, rows=64, width=256, layers=96):
    """Each input row becomes a [rows, width] matrix that passes `layers` dense layers: 2 * rows * width^2 * layers
    operations (0.8 billion as given) on 260 kB of weights, so that it is bound by arithmetic and not by memory."""
    random = numpy.random.default_rng(20)
    constants = {
        "spread": random.normal(0, 0.5, (4, rows * width)).astype(numpy.float32),
        "weights": random.normal(0, (2 / width) ** 0.5, (width, width)).astype(numpy.float32),
        "readout": random.normal(0, 0.1, (width, 3)).astype(numpy.float32),
        "as_rows": numpy.array([-1, width], numpy.int64),
        "as_batch": numpy.array([-1, rows, width], numpy.int64),
    }
    nodes = [
        helper.make_node("MatMul", ["X", "spread"], ["wide"]),
        helper.make_node("Reshape", ["wide", "as_rows"], ["layer0"]),
    ]
    for layer in range(layers):
        nodes.append(helper.make_node("MatMul", [f"layer{layer}", "weights"], [f"sum{layer}"]))
        nodes.append(helper.make_node("Relu", [f"sum{layer}"], [f"layer{layer + 1}"]))
    nodes += [
        helper.make_node("Reshape", [f"layer{layers}", "as_batch"], ["matrices"]),
        helper.make_node("ReduceMean", ["matrices"], ["means"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["means", "readout"], ["scores"]),
    ]
    save(path, nodes, [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 3])], constants)


def request_for(path):
    """The request bodies for one model with one input of four features, and the expected answer."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type not in DATATYPES:
        found = ", ".join(f"{i.name} {i.type} {i.shape}" for i in inputs)
        raise SystemExit(f"{path}: the benchmark needs a model with one numeric input of 4 features, found {found}")
    datatype, element = DATATYPES[inputs[0].type]
    names = [output.name for output in session.get_outputs()]
    values = session.run(names, {inputs[0].name: numpy.array([FLOWER], element)})
    tensor = {"name": inputs[0].name, "shape": [1, 4], "datatype": datatype, "data": FLOWER}
    return {
        "oip": json.dumps({"inputs": [tensor]}, separators=(",", ":")),
        "litserve": json.dumps({"input": FLOWER}, separators=(",", ":")),
        "expected": {name: numpy.asarray(value).ravel().tolist() for name, value in zip(names, values)},
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--iris", type=pathlib.Path)
    arguments = parser.parse_args()
    small, slow = arguments.folder / "iris.onnx", arguments.folder / "millis.onnx"
    if arguments.iris:
        shutil.copyfile(arguments.iris, small)
    else:
        save_logistic_regression(small)
    save_milliseconds(slow)
    requests = {path.stem: request_for(path) for path in (small, slow)}
    (arguments.folder / "requests.json").write_text(json.dumps(requests, indent=2))


if __name__ == "__main__":
    main()
