"""Every generated model that is to be served answers each of its cases as ONNX Runtime does, in every form that the
Open Inference Protocol has: JSON flat and nested, binary, and one in with the other out."""

import json

import pytest

from wire import assert_answers, binary_request, json_inputs, read_answer, said_in_json
from zoo import SERVED


def ask(zoo, endpoint, body, headers=None):
    status, fields, answer = zoo.server.request("POST", zoo.path(endpoint, "/infer"), body, headers)
    assert status == 200, answer
    return read_answer(fields, answer)


@pytest.mark.parametrize("name", SERVED)
def test_every_case_in_json(zoo, name):
    endpoint = zoo.endpoint(name)
    cases, tolerance = zoo.cases(name)
    assert cases
    for case in cases:
        for flat in [True, False]:
            if not said_in_json(case["inputs"]):
                continue
            answer = ask(zoo, endpoint, json.dumps({"inputs": json_inputs(case["inputs"], flat)}))
            assert (answer["model_name"], answer["model_version"]) == (endpoint, "1")
            assert_answers(answer, case, tolerance, f"{name}, {case['title']}, {'flat' if flat else 'nested'}")


@pytest.mark.parametrize("name", SERVED)
def test_every_case_in_binary(zoo, name):
    endpoint = zoo.endpoint(name)
    cases, tolerance = zoo.cases(name)
    for case in cases:
        body, headers = binary_request(case["inputs"])
        answer = ask(zoo, endpoint, body, headers)
        assert all("binary_data_size" in output["parameters"] for output in answer["outputs"])
        assert_answers(answer, case, tolerance, f"{name}, {case['title']}")


@pytest.mark.parametrize("name", SERVED)
def test_binary_in_json_out_and_the_other_way_round(zoo, name):
    endpoint = zoo.endpoint(name)
    cases, tolerance = zoo.cases(name)
    for case in cases:
        body, headers = binary_request(case["inputs"], binary_answer=False)
        answer = ask(zoo, endpoint, body, headers)
        assert all("data" in output for output in answer["outputs"])
        assert_answers(answer, case, tolerance, f"{name}, {case['title']}, JSON out")
        if said_in_json(case["inputs"]):
            wanted = [{"name": output["name"], "parameters": {"binary_data": True}} for output in case["outputs"]]
            answer = ask(
                zoo, endpoint, json.dumps({"inputs": json_inputs(case["inputs"]), "outputs": wanted}))
            assert_answers(answer, case, tolerance, f"{name}, {case['title']}, binary out")


@pytest.mark.parametrize("name", ["addsub", "strings", "many_types", "dynamic_axes"])
def test_some_inputs_binary_and_some_json(zoo, name):
    endpoint = zoo.endpoint(name)
    cases, tolerance = zoo.cases(name)
    for case in cases:
        tensors = case["inputs"]
        body, headers = binary_request(tensors[::2])
        length = int(headers["Inference-Header-Content-Length"])
        head = json.loads(body[:length])
        head["inputs"] = [
            head["inputs"][number // 2] if number % 2 == 0 else json_inputs([tensor])[0]
            for number, tensor in enumerate(tensors)
        ]
        text = json.dumps(head).encode()
        headers["Inference-Header-Content-Length"] = str(len(text))
        assert_answers(ask(zoo, endpoint, text + body[length:], headers), case, tolerance, f"{name}, {case['title']}")


@pytest.mark.parametrize("name", ["addsub", "many_types"])
def test_inputs_may_come_in_any_order(zoo, name):
    endpoint = zoo.endpoint(name)
    cases, tolerance = zoo.cases(name)
    for case in cases:
        backwards = case["inputs"][::-1]
        assert_answers(ask(zoo, endpoint, json.dumps({"inputs": json_inputs(backwards)})), case, tolerance, "JSON")
        assert_answers(ask(zoo, endpoint, *binary_request(backwards)), case, tolerance, "binary")


def test_state_that_comes_out_goes_in_again(zoo):
    endpoint = zoo.endpoint("stateful_accumulate")
    state = {"name": "state", "datatype": "FP32", "shape": [3], "data": [0, 0, 0]}
    x = {"name": "x", "datatype": "FP32", "shape": [2, 3], "data": [1, 2, 3, 10, 20, 30]}
    for round in range(1, 6):
        status, answer = zoo.infer(endpoint, [state, x])
        assert status == 200, answer
        assert answer["outputs"][0]["data"] == [11 * round, 22 * round, 33 * round]
        state["data"] = answer["outputs"][0]["data"]
