"""Tensors on the wire: requests from case files in JSON and binary, answers back into arrays, and their comparison."""

import base64
import json

import numpy

from tensors import BF16, DATATYPES, from_case, split_strings

HEADER = "Inference-Header-Content-Length"


def nested(data, shape):
    """Flat `data` as lists nested as `shape` says."""
    if len(shape) <= 1:
        return data
    step = len(data) // shape[0] if shape[0] else 0
    return [nested(data[row * step:(row + 1) * step], shape[1:]) for row in range(shape[0])]


def said_in_json(tensors):
    return all(tensor["data"] is not None for tensor in tensors)


def json_inputs(tensors, flat=True):
    return [
        {
            "name": tensor["name"], "datatype": tensor["datatype"], "shape": tensor["shape"],
            "data": tensor["data"] if flat else nested(tensor["data"], tensor["shape"]),
        }
        for tensor in tensors
    ]


def raw(tensor):
    return base64.b64decode(tensor["raw"])


def binary_request(tensors, binary_answer=True, **extra):
    """The body and the headers of a request whose tensors are all binary."""
    head = {
        "inputs": [
            {
                "name": tensor["name"], "datatype": tensor["datatype"], "shape": tensor["shape"],
                "parameters": {"binary_data_size": len(raw(tensor))},
            }
            for tensor in tensors
        ],
        "parameters": {"binary_data_output": binary_answer},
    } | extra
    text = json.dumps(head).encode()
    return text + b"".join(map(raw, tensors)), {HEADER: str(len(text)), "Content-Type": "application/octet-stream"}


def read_answer(headers, body):
    """An answer's JSON, with `array` added to each output wherever its data travelled."""
    length = headers.get(HEADER.lower())
    answer = json.loads(body if length is None else body[:int(length)], parse_int=exact_int)
    rest = b"" if length is None else body[int(length):]
    for output in answer["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        if size is None:
            output["array"] = array_of_json(output)
        else:
            assert "data" not in output, "binary and JSON data in one output"
            assert size <= len(rest)
            output["array"], rest = array_of_bytes(output, rest[:size]), rest[size:]
    assert rest == b"", "bytes that belong to no output"
    return answer


def exact_int(text):
    """Python reads -0 as the integer 0, which has no sign."""
    return -0.0 if text == "-0" else int(text)


def array_of_json(tensor):
    datatype, data = tensor["datatype"], tensor["data"]
    if datatype == "BF16":
        return BF16.of(numpy.array([float(value) for value in data], "<f4").reshape(tensor["shape"]))
    if datatype.startswith("FP"):
        data = [float(value) for value in data]
    return numpy.array(data, DATATYPES[datatype][1]).reshape(tensor["shape"])


def array_of_bytes(tensor, data):
    datatype = tensor["datatype"]
    if datatype == "BYTES":
        elements = numpy.empty(tensor["shape"], object)
        elements.ravel()[:] = split_strings(data)
        return elements
    elements = numpy.frombuffer(data, DATATYPES[datatype][1]).reshape(tensor["shape"])
    return BF16(elements) if datatype == "BF16" else elements


def assert_same(got, wanted, tolerance=0.0, context=""):
    """The same bits; with a tolerance, close. NaN equals NaN whatever its payload."""
    if isinstance(wanted, BF16):
        assert isinstance(got, BF16), context
        got, wanted = got.bits, wanted.bits
    assert got.shape == wanted.shape, f"{context}: shape {got.shape}, expected {wanted.shape}"
    assert got.dtype == wanted.dtype, context
    if tolerance and wanted.dtype.kind == "f":
        numpy.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance, err_msg=context)
        return
    numpy.testing.assert_array_equal(got, wanted, err_msg=context)
    if wanted.dtype.kind == "f":
        numbers = ~numpy.isnan(wanted)
        numpy.testing.assert_array_equal(
            numpy.signbit(got[numbers]), numpy.signbit(wanted[numbers]), err_msg=f"{context}: sign of zero")


def assert_answers(answer, case, tolerance, context=""):
    """All outputs of a case, in their order."""
    assert [output["name"] for output in answer["outputs"]] == [output["name"] for output in case["outputs"]], context
    for got, wanted in zip(answer["outputs"], case["outputs"]):
        assert (got["datatype"], got["shape"]) == (wanted["datatype"], wanted["shape"]), context
        assert_same(got["array"], from_case(wanted), tolerance, f"{context} {wanted['name']}")
