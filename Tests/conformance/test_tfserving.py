"""TensorFlow Serving's REST interface, version 1: status, metadata, and predictions in row and column form."""

import base64
import json

import numpy
import pytest

from tensors import from_case
from wire import assert_same

NAMES = ["addsub", "classifier", "mlp_64_256_256_10", "dynamic_axes", "strings", "stateful_accumulate", "identity_int64",
         "identity_uint64", "identity_bool", "identity_fp64", "identity_fp16", "identity_bytes", "many_types", "scalar"]


def predict(zoo, endpoint, body, tail=""):
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return zoo.server.json("POST", f"/v1/models/{endpoint}{tail}:predict", text)


def array(value, wanted):
    if wanted["name"].endswith("_bytes"):
        # As in TensorFlow Serving: outputs of such a name are bytes, not text.
        value = [base64.b64decode(element["b64"]).decode() for element in value]
    expected = from_case(wanted)
    if isinstance(expected, numpy.ndarray):
        return numpy.array(value, expected.dtype).reshape(expected.shape), expected
    return numpy.array(value, "<f4").reshape(expected.bits.shape), expected.floats()


def listed(tensor):
    value = from_case(tensor)
    return value.tolist() if isinstance(value, numpy.ndarray) else value.floats().tolist()


@pytest.mark.parametrize("prefix", ["", "/spaces/default"])
@pytest.mark.parametrize("tail", ["", "/versions/1", "/labels/stable", "/labels/latest"])
def test_status_metadata_and_predict_with_and_without_version(zoo, prefix, tail):
    endpoint = zoo.endpoint("addsub")
    status, answer = zoo.server.json("GET", f"{prefix}/v1/models/{endpoint}{tail}")
    assert status == 200
    assert answer["model_version_status"] == [
        {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}]
    status, answer = zoo.server.json("GET", f"{prefix}/v1/models/{endpoint}{tail}/metadata")
    assert status == 200
    assert answer["model_spec"] == {"name": endpoint, "signature_name": "", "version": "1"}
    status, answer = zoo.server.json(
        "POST", f"{prefix}/v1/models/{endpoint}{tail}:predict", {"instances": [{"a": [1] * 4, "b": [2] * 4}]})
    assert (status, answer) == (200, {"predictions": [{"sum": [3] * 4, "diff": [-1] * 4}]})


def test_metadata_tells_the_signature(zoo):
    endpoint = zoo.endpoint("strings")
    _, answer = zoo.server.json("GET", f"/v1/models/{endpoint}/metadata")
    signature = answer["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert {name: spec["dtype"] for name, spec in signature["inputs"].items()} == {
        "first": "DT_STRING", "last": "DT_STRING", "scores": "DT_FLOAT"}
    assert signature["inputs"]["scores"]["tensor_shape"]["dim"] == [
        {"size": "-1", "name": ""}, {"size": "3", "name": ""}]
    assert set(signature["outputs"]) == {"joined", "label"}
    assert signature["method_name"] == "tensorflow/serving/predict"


@pytest.mark.parametrize("name", NAMES)
def test_column_form(zoo, name):
    endpoint = zoo.endpoint(name)
    cases, tolerance = zoo.cases(name)
    for case in cases:
        if any(tensor["data"] is None or 0 in tensor["shape"] for tensor in case["inputs"]):
            continue
        named = {tensor["name"]: listed(tensor) for tensor in case["inputs"]}
        bodies = [{"inputs": named}, {"signature_name": "serving_default", "inputs": named}]
        if len(named) == 1:
            bodies.append({"inputs": next(iter(named.values()))})
        for body in bodies:
            status, answer = predict(zoo, endpoint, body)
            assert status == 200, answer
            assert list(answer) == ["outputs"]
            outputs = answer["outputs"]
            if len(case["outputs"]) == 1:
                outputs = {case["outputs"][0]["name"]: outputs}
            assert list(outputs) == [output["name"] for output in case["outputs"]]
            for wanted in case["outputs"]:
                got, expected = array(outputs[wanted["name"]], wanted)
                assert_same(got, expected, tolerance, f"{name} {case['title']} {wanted['name']}")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in (
    "scalar", "dynamic_axes", "stateful_accumulate")])
def test_row_form(zoo, name):
    endpoint = zoo.endpoint(name)
    cases, tolerance = zoo.cases(name)
    for case in cases:
        if any(tensor["data"] is None or 0 in tensor["shape"] for tensor in case["inputs"]):
            continue
        columns = {tensor["name"]: listed(tensor) for tensor in case["inputs"]}
        count = len(next(iter(columns.values())))
        rows = [{name: column[row] for name, column in columns.items()} for row in range(count)]
        bodies = [{"instances": rows}]
        if len(columns) == 1:
            bodies.append({"instances": next(iter(columns.values()))})
        for body in bodies:
            status, answer = predict(zoo, endpoint, body)
            assert status == 200, answer
            assert list(answer) == ["predictions"] and len(answer["predictions"]) == count
            for wanted in case["outputs"]:
                values = answer["predictions"]
                if len(case["outputs"]) > 1:
                    values = [row[wanted["name"]] for row in values]
                got, expected = array(values, wanted)
                assert_same(got, expected, tolerance, f"{name} {case['title']} {wanted['name']}")


@pytest.mark.parametrize("element", [b"", b"plain", "häß 🛶".encode(), bytes(range(256))])
def test_strings_as_base64(zoo, element):
    endpoint = zoo.endpoint("identity_bytes")
    packed = {"b64": base64.b64encode(element).decode()}
    for body, key in [({"instances": [[packed]]}, "predictions"), ({"inputs": [[packed]]}, "outputs"),
                      ({"instances": [{"input": [packed]}]}, "predictions"),
                      ({"inputs": {"input": [[packed]]}}, "outputs")]:
        status, answer = predict(zoo, endpoint, body)
        assert status == 200, answer
        ((got,),) = answer[key]
        try:
            assert got == element.decode()
        except UnicodeDecodeError:
            # No string could carry it.
            assert base64.b64decode(got["b64"]) == element


def test_base64_for_one_of_several_inputs(zoo):
    endpoint = zoo.endpoint("strings")
    body = {"instances": [{"first": {"b64": base64.b64encode(b"sli").decode()}, "last": "pway", "scores": [0, 0, 1]}]}
    assert predict(zoo, endpoint, body) == (200, {"predictions": [{"joined": "slipway", "label": "rosé"}]})


def test_not_a_number_is_a_bare_word_as_in_tensorflow_serving(zoo):
    endpoint = zoo.endpoint("nan_out")
    body = {"inputs": {"x": [[-1, 0, 1]], "wide": [[0, 1, 4]]}}
    status, _, answer = zoo.server.request("POST", f"/v1/models/{endpoint}:predict", json.dumps(body))
    assert status == 200
    outputs = json.loads(answer)["outputs"]  # Python reads the bare words
    assert str(outputs["logarithm"]) == "[[nan, -inf, 0]]" or str(outputs["logarithm"]) == "[[nan, -inf, 0.0]]"
    assert outputs["reciprocal"][0][0] == float("inf")


def refused():
    yield "classifier", {}, "instances"
    yield "classifier", {"instances": []}, "empty"
    yield "classifier", {"instances": [[1] * 10], "inputs": [[1] * 10]}, "not both"
    yield "classifier", {"instances": [[1] * 10, [1] * 9]}, ""
    yield "classifier", {"instances": [[1] * 10, 7]}, ""
    yield "classifier", {"instances": [[[1]] * 10]}, ""
    yield "classifier", {"instances": [[1] * 9]}, "10"
    yield "classifier", {"instances": [["a"] * 10]}, "FP32"
    yield "classifier", {"instances": [[None] * 10]}, ""
    yield "classifier", {"instances": 7}, ""
    yield "classifier", {"inputs": {"nothing": [[1] * 10]}}, "nothing"
    yield "classifier", {"signature_name": "other", "instances": [[1] * 10]}, "signature"
    yield "classifier", '{"instances": [[1, 2', ""
    yield "classifier", "", "empty"
    yield "classifier", '{"instances": [[1e999' + ",1" * 9 + "]]}", ""
    yield "addsub", {"instances": [[1, 2, 3, 4]]}, "several inputs"
    yield "addsub", {"inputs": [[1, 2, 3, 4]]}, "several inputs"
    yield "addsub", {"instances": [{"a": [1] * 4}]}, "'b'"
    yield "addsub", {"instances": [{"a": [1] * 4, "b": [1] * 4}, {"a": [1] * 4}]}, "'b'"
    yield "addsub", {"instances": [{"a": [1] * 4, "b": [1] * 4, "c": 1}]}, "'c'"
    yield "addsub", '{"instances": [{"a": [1,1,1,1], "a": [1,1,1,1], "b": [1,1,1,1]}]}', "twice"
    yield "addsub", {"inputs": {"a": [[1] * 4], "b": [[1] * 4, [1] * 4]}}, "batch"
    yield "identity_bytes", {"instances": [[{"b64": "no base64!"}]]}, ""
    yield "identity_bytes", {"instances": [[{"b64": "YQ==", "more": 1}]]}, ""
    yield "identity_int64", {"instances": [[9223372036854775808]]}, "INT64"
    yield "identity_int64", {"instances": [[1.5]]}, "INT64"


@pytest.mark.parametrize("name,body,word", list(refused()))
def test_what_does_not_fit_is_refused(zoo, name, body, word):
    endpoint = zoo.endpoint(name)
    status, answer = predict(zoo, endpoint, body)
    assert status == 400, answer
    assert list(answer) == ["error"] and word in answer["error"], answer


def test_what_is_not_there(zoo):
    endpoint = zoo.endpoint("addsub")
    for path in ["/v1/models/nobody", "/v1/models/nobody/metadata", f"/v1/models/{endpoint}/versions/2",
                 f"/v1/models/{endpoint}/labels/canary"]:
        status, answer = zoo.server.json("GET", path)
        assert status == 404 and answer["error"]
    assert predict(zoo, "nobody", {"instances": [[1]]})[0] == 404
    assert predict(zoo, endpoint, {"instances": [[1]]}, "/versions/2")[0] == 404
    for verb in ["classify", "regress"]:
        status, answer = zoo.server.json("POST", f"/v1/models/{endpoint}:{verb}", {"examples": [{}]})
        assert status == 400 and "predict" in answer["error"]
    assert zoo.server.request("GET", f"/v1/models/{endpoint}:predict")[0] in (404, 405)


def test_outputs_without_common_rows_are_told_to_use_columns(zoo):
    endpoint = zoo.endpoint("scalar")
    status, answer = predict(zoo, endpoint, {"inputs": {"x": 1.5, "n": 1}})
    assert (status, answer) == (200, {"outputs": {"doubled": 3, "next": 2}})
    endpoint = zoo.endpoint("stateful_accumulate")
    body = {"instances": [{"state": 0, "x": [1, 2, 3]}, {"state": 0, "x": [1, 2, 3]}, {"state": 0, "x": [0, 0, 0]}]}
    status, answer = predict(zoo, endpoint, body)
    assert (status, [row["new_state"] for row in answer["predictions"]]) == (200, [2, 4, 6])
    body = {"inputs": {"state": [0, 0, 0], "x": [[1, 2, 3]]}}
    status, answer = predict(zoo, endpoint, body)
    assert (status, answer["outputs"]["new_state"]) == (200, [1, 2, 3])
