"""The cases of the generated models, as `tritonclient.grpc` and bare gRPC send and read them."""

import ml_dtypes
import numpy

from tensors import BF16, DATATYPES, from_case
from triton_grpc import messages, sync
from wire import assert_same, raw

# The field of InferTensorContents that holds a type; the 16-bit floats have none.
TYPED_FIELDS = {
    "BOOL": "bool_contents", "INT8": "int_contents", "INT16": "int_contents", "INT32": "int_contents",
    "INT64": "int64_contents", "UINT8": "uint_contents", "UINT16": "uint_contents", "UINT32": "uint_contents",
    "UINT64": "uint64_contents", "FP32": "fp32_contents", "FP64": "fp64_contents", "BYTES": "bytes_contents",
}


def array(tensor):
    """NumPy has no bfloat16 of its own; the client takes and gives that of ml_dtypes."""
    value = from_case(tensor)
    return value.bits.view(ml_dtypes.bfloat16) if isinstance(value, BF16) else value


def inputs_of(case):
    made = []
    for tensor in case["inputs"]:
        value = array(tensor)
        given = sync.InferInput(tensor["name"], list(value.shape), tensor["datatype"])
        given.set_data_from_numpy(value)
        made.append(given)
    return made


def assert_case(result, case, tolerance, context):
    """An `InferResult` of the client is what the case says."""
    for wanted in case["outputs"]:
        got, expected = result.as_numpy(wanted["name"]), array(wanted)
        assert result.get_output(wanted["name"]).datatype == wanted["datatype"], context
        if wanted["datatype"] == "BYTES":
            got = numpy.array([text.decode() for text in got.ravel()], object).reshape(got.shape)
        if wanted["datatype"] == "BF16":
            got, expected = got.view(numpy.uint16), expected.view(numpy.uint16)
        assert_same(got, expected, tolerance, f"{context} {wanted['name']}")


def request_of(endpoint, case, is_raw=True, **extra):
    """A `ModelInferRequest`, its tensors raw or in typed contents."""
    request = messages.ModelInferRequest(model_name=endpoint, **extra)
    for tensor in case["inputs"]:
        given = request.inputs.add(name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"])
        if is_raw:
            request.raw_input_contents.append(raw(tensor))
            continue
        elements = from_case(tensor).ravel().tolist()
        if tensor["datatype"] == "BYTES":
            elements = [text.encode() for text in elements]
        getattr(given.contents, TYPED_FIELDS[tensor["datatype"]]).extend(elements)
    return request


def typed_array(output):
    """The elements of an output that came in typed contents."""
    elements = list(getattr(output.contents, TYPED_FIELDS[output.datatype]))
    if output.datatype == "BYTES":
        return numpy.array([text.decode() for text in elements], object).reshape(output.shape)
    return numpy.array(elements, DATATYPES[output.datatype][1]).reshape(output.shape)


def has_typed_contents(case):
    return all(tensor["datatype"] in TYPED_FIELDS for tensor in case["inputs"] + case["outputs"])
