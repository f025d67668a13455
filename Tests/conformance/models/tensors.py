"""Tensors between NumPy, ONNX Runtime and the Open Inference Protocol.

A tensor in a case file is what a JSON request holds (`name`, `datatype`, `shape`, `data`) and, beside it, `raw`: the
same elements in base64 as the binary tensor extension sends them (little-endian; BYTES as 4-byte lengths and bytes).
`data` is null when JSON cannot say it (NaN, infinities). NumPy has no bfloat16: such arrays hold the bits as uint16
inside a `BF16` wrapper.
"""

import base64
import os
from dataclasses import dataclass

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when the library loads, so before the import below

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper

# OIP name: (ONNX element type, NumPy type of one element)
DATATYPES = {
    "BOOL": (TensorProto.BOOL, numpy.dtype("?")),
    "INT8": (TensorProto.INT8, numpy.dtype("i1")),
    "INT16": (TensorProto.INT16, numpy.dtype("<i2")),
    "INT32": (TensorProto.INT32, numpy.dtype("<i4")),
    "INT64": (TensorProto.INT64, numpy.dtype("<i8")),
    "UINT8": (TensorProto.UINT8, numpy.dtype("u1")),
    "UINT16": (TensorProto.UINT16, numpy.dtype("<u2")),
    "UINT32": (TensorProto.UINT32, numpy.dtype("<u4")),
    "UINT64": (TensorProto.UINT64, numpy.dtype("<u8")),
    "FP16": (TensorProto.FLOAT16, numpy.dtype("<f2")),
    "FP32": (TensorProto.FLOAT, numpy.dtype("<f4")),
    "FP64": (TensorProto.DOUBLE, numpy.dtype("<f8")),
    "BF16": (TensorProto.BFLOAT16, numpy.dtype("<u2")),
    "BYTES": (TensorProto.STRING, numpy.dtype("O")),
}
BY_ONNX_NAME = {
    "tensor(bool)": "BOOL",
    "tensor(float16)": "FP16",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(bfloat16)": "BF16",
    "tensor(string)": "BYTES",
} | {f"tensor({sign}int{bits})": f"{sign}int{bits}".upper() for sign in ["", "u"] for bits in [8, 16, 32, 64]}


@dataclass
class BF16:
    """The upper halves of float32 values, as uint16."""

    bits: numpy.ndarray

    @classmethod
    def of(cls, values):
        """From floats that bfloat16 holds exactly; anything else is a mistake of the caller."""
        wide = numpy.asarray(values, "<f4").view("<u4")
        if (wide & 0xFFFF).any():
            raise ValueError(f"{values} would be rounded as bfloat16")
        return cls((wide >> 16).astype("<u2"))

    def floats(self):
        return (self.bits.astype("<u4") << 16).view("<f4")


def datatype_of(value):
    if isinstance(value, BF16):
        return "BF16"
    matches = (name for name, (_, dtype) in DATATYPES.items() if dtype == value.dtype and name != "BF16")
    return next(matches)


def to_case(name, value):
    """One tensor of a case file."""
    elements = value.bits if isinstance(value, BF16) else value
    return {
        "name": name,
        "datatype": datatype_of(value),
        "shape": list(elements.shape),
        "data": json_data(value),
        "raw": base64.b64encode(raw_bytes(elements)).decode(),
    }


def from_case(tensor):
    """The NumPy array of one tensor of a case file (of a BF16 one: its wrapper)."""
    raw, datatype = base64.b64decode(tensor["raw"]), tensor["datatype"]
    dtype = DATATYPES[datatype][1]
    if datatype == "BYTES":
        elements = numpy.empty(tensor["shape"], dtype)
        elements.ravel()[:] = split_strings(raw)
        return elements
    elements = numpy.frombuffer(raw, dtype).reshape(tensor["shape"])
    return BF16(elements) if datatype == "BF16" else elements


def raw_bytes(elements):
    if elements.dtype != object:
        return elements.tobytes()
    texts = [text.encode() for text in elements.ravel()]
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)


def split_strings(raw):
    texts, at = [], 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + 4], "little")
        texts.append(raw[at + 4 : at + 4 + length].decode())
        at += 4 + length
    return texts


def json_data(value):
    elements = (value.floats() if isinstance(value, BF16) else value).ravel()
    if elements.dtype.kind == "f" and not numpy.isfinite(elements).all():
        return None
    if datatype_of(value) == "FP32":
        # The shortest decimal that reads back as the same float32; the other types are exact as doubles.
        return [float(str(element)) for element in elements]
    return elements.tolist()


def run(path, feeds):
    """What ONNX Runtime answers, as arrays by output name."""
    session = open_session(path)
    outputs = session.get_outputs()
    if any(output.type == "tensor(bfloat16)" for output in outputs):
        session = open_session(with_wide_outputs(onnx.load(path)))
    values = session.run(None, {name: to_ort(value) for name, value in feeds.items()})
    return {
        output.name: BF16.of(value) if output.type == "tensor(bfloat16)" else value
        for output, value in zip(outputs, values)
    }


def open_session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def with_wide_outputs(model):
    """The same model with bfloat16 outputs as float32, which loses nothing: Python gets no bfloat16 out of a run."""
    for output in model.graph.output:
        if output.type.tensor_type.elem_type == TensorProto.BFLOAT16:
            wide = f"{output.name}_wide"
            model.graph.node.append(helper.make_node("Cast", [output.name], [wide], to=TensorProto.FLOAT))
            output.name, output.type.tensor_type.elem_type = wide, TensorProto.FLOAT
    return model.SerializeToString()


def to_ort(value):
    if isinstance(value, BF16):
        return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(value.bits, TensorProto.BFLOAT16)
    return value
