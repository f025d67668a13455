"""Makes what the benchmark predicts with; run with the benchmark's venv.

usage: models.py FOLDER [--iris FILE]
       models.py --large FILE MEGABYTES     nothing but a model with so many megabytes of weights, and FILE's .json

Writes into FOLDER:
  iris.onnx       the small model: FILE when given, else a 4-feature logistic regression made here
  millis.onnx     a model that computes for milliseconds on one core and whose request is as small
  mlp.onnx        64 floats through dense layers of 256, 256 and 10
  image.onnx      an image of 3 x 224 x 224 floats through a few convolutions
  resnet.onnx     the same image through the layers of ResNet-18
  requests.json   per model: the request bodies, and the answer that ONNX Runtime itself gives for them
  *.bin           requests with binary tensors, for the last two
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


def save(path, nodes, outputs, constants, row=(4,)):
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["batch", *row])],
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


def save_mlp(path):
    random = numpy.random.default_rng(21)
    constants, nodes, last = {}, [], "X"
    for layer, (inputs, outputs) in enumerate([(64, 256), (256, 256), (256, 10)]):
        constants[f"w{layer}"] = random.normal(0, (2 / inputs) ** 0.5, (inputs, outputs)).astype(numpy.float32)
        constants[f"b{layer}"] = random.normal(0, 0.1, outputs).astype(numpy.float32)
        name = "scores" if layer == 2 else f"sum{layer}"
        nodes.append(helper.make_node("Gemm", [last, f"w{layer}", f"b{layer}"], [name]))
        if layer < 2:
            nodes.append(helper.make_node("Relu", [name], [f"hidden{layer}"]))
            last = f"hidden{layer}"
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])]
    save(path, nodes, outputs, constants, row=(64,))


def save_image(path):
    """Strided convolutions and a readout: a few milliseconds on one core for 600 kB of input."""
    random = numpy.random.default_rng(22)
    constants, nodes, last, channels = {}, [], "X", 3
    for layer, wide in enumerate([32, 64, 128, 128]):
        constants[f"k{layer}"] = random.normal(0, (2 / (9 * channels)) ** 0.5, (wide, channels, 3, 3)).astype(
            numpy.float32
        )
        nodes.append(
            helper.make_node("Conv", [last, f"k{layer}"], [f"conv{layer}"], strides=[2, 2], pads=[1, 1, 1, 1])
        )
        nodes.append(helper.make_node("Relu", [f"conv{layer}"], [f"map{layer}"]))
        last, channels = f"map{layer}", wide
    constants["readout"] = random.normal(0, 0.1, (channels, 10)).astype(numpy.float32)
    nodes.append(helper.make_node("GlobalAveragePool", [last], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"]))
    nodes.append(helper.make_node("MatMul", ["flat", "readout"], ["scores"]))
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])]
    save(path, nodes, outputs, constants, row=(3, 224, 224))


def save_resnet(path):
    """The layers of ResNet-18 (He, Zhang, Ren, Sun 2015; batch normalisation folded in) with random weights: 1.8 billion
    multiplications for 600 kB of input, the smallest of the networks that such images are commonly given to."""
    random = numpy.random.default_rng(25)
    constants, nodes = {}, []

    def convolution(last, name, inputs, outputs, size, stride):
        scale = (2 / (size * size * inputs)) ** 0.5
        constants[f"{name}.w"] = random.normal(0, scale, (outputs, inputs, size, size)).astype(numpy.float32)
        constants[f"{name}.b"] = numpy.zeros(outputs, numpy.float32)
        nodes.append(helper.make_node("Conv", [last, f"{name}.w", f"{name}.b"], [name], strides=[stride, stride],
                                      pads=[size // 2] * 4))
        return name

    def relu(last):
        nodes.append(helper.make_node("Relu", [last], [f"{last}.relu"]))
        return f"{last}.relu"

    last = relu(convolution("X", "stem", 3, 64, 7, 2))
    nodes.append(helper.make_node("MaxPool", [last], ["pool"], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4))
    last, channels = "pool", 64
    for block, (wide, stride) in enumerate([(64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)]):
        inner = relu(convolution(last, f"b{block}.first", channels, wide, 3, stride))
        inner = convolution(inner, f"b{block}.second", wide, wide, 3, 1)
        beside = last if stride == 1 and channels == wide else convolution(
            last, f"b{block}.beside", channels, wide, 1, stride)
        # Halved, so that values do not grow from block to block without normalisation.
        constants["half"] = numpy.float32(0.5)
        nodes.append(helper.make_node("Add", [inner, beside], [f"b{block}.sum"]))
        nodes.append(helper.make_node("Mul", [f"b{block}.sum", "half"], [f"b{block}"]))
        last, channels = relu(f"b{block}"), wide
    constants["readout"] = random.normal(0, 0.05, (channels, 1000)).astype(numpy.float32)
    nodes.append(helper.make_node("GlobalAveragePool", [last], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"]))
    nodes.append(helper.make_node("MatMul", ["flat", "readout"], ["scores"]))
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 1000])]
    save(path, nodes, outputs, constants, row=(3, 224, 224))


def save_large(path, megabytes, width=2048):
    """Dense layers of `width` with as many weights as asked for: what takes time is to load them."""
    random = numpy.random.default_rng(24)
    layers = max(1, round(megabytes * 1e6 / (4 * width * width)))
    constants = {
        "spread": random.normal(0, 0.5, (4, width)).astype(numpy.float32),
        "readout": random.normal(0, 0.1, (width, 3)).astype(numpy.float32),
    }
    nodes = [helper.make_node("MatMul", ["X", "spread"], ["layer0"])]
    for layer in range(layers):
        weights = random.standard_normal((width, width), numpy.float32)
        weights *= (2 / width) ** 0.5
        constants[f"w{layer}"] = weights
        nodes.append(helper.make_node("MatMul", [f"layer{layer}", f"w{layer}"], [f"sum{layer}"]))
        nodes.append(helper.make_node("Relu", [f"sum{layer}"], [f"layer{layer + 1}"]))
    nodes.append(helper.make_node("MatMul", [f"layer{layers}", "readout"], ["scores"]))
    save(path, nodes, [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 3])], constants)


def binary_request_for(path):
    """One row as a request with binary tensors: a file with JSON and bytes, and how long its JSON is."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    tensor = session.get_inputs()[0]
    values = numpy.random.default_rng(23).normal(0, 1, [1, *tensor.shape[1:]]).astype(numpy.float32)
    names = [output.name for output in session.get_outputs()]
    head = {
        "inputs": [{
            "name": tensor.name, "shape": list(values.shape), "datatype": "FP32",
            "parameters": {"binary_data_size": values.nbytes},
        }],
        "outputs": [{"name": name, "parameters": {"binary_data": True}} for name in names],
    }
    text = json.dumps(head, separators=(",", ":")).encode()
    path.with_suffix(".bin").write_bytes(text + values.tobytes())
    return {
        "header_length": len(text),
        "payload": values.nbytes,
        "expected": {name: value.ravel().tolist() for name, value in zip(names, session.run(names, {tensor.name: values}))},
    }


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
    parser.add_argument("folder", type=pathlib.Path, nargs="?")
    parser.add_argument("--iris", type=pathlib.Path)
    parser.add_argument("--large", nargs=2, metavar=("FILE", "MEGABYTES"))
    arguments = parser.parse_args()
    if arguments.large:
        path = pathlib.Path(arguments.large[0])
        save_large(path, float(arguments.large[1]))
        path.with_suffix(".json").write_text(json.dumps(request_for(path)))
        return
    if arguments.folder is None:
        parser.error("FOLDER is missing")
    small, slow, mlp, image, resnet = (
        arguments.folder / f"{name}.onnx" for name in ("iris", "millis", "mlp", "image", "resnet"))
    if arguments.iris:
        shutil.copyfile(arguments.iris, small)
    else:
        save_logistic_regression(small)
    save_milliseconds(slow)
    save_mlp(mlp)
    save_image(image)
    save_resnet(resnet)
    requests = {path.stem: request_for(path) for path in (small, slow)}
    requests |= {path.stem: binary_request_for(path) for path in (mlp, image, resnet)}
    (arguments.folder / "requests.json").write_text(json.dumps(requests, indent=2))


if __name__ == "__main__":
    main()
