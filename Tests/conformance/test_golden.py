"""Golden inputs: pushed with a model, run by the server before it takes the model, shown, and the model's own business."""

import json
import shutil

import pytest

INPUTS = [{"name": name, "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]} for name in "ab"]


def golden(path, *requests):
    path.write_text(json.dumps(list(requests)))
    return path


@pytest.fixture
def outputs(server, models):
    """What `addsub` answers to INPUTS, asked of the server itself."""
    server.push_file(models / "addsub.onnx", "plain")
    server.put_deployment("plain", "plain")
    status, answer = server.infer("plain", INPUTS)
    assert status == 200
    return [{"name": output["name"], "data": output["data"]} for output in answer["outputs"]]


def push(server, path, name, *flags, check=True):
    return server.cli("model", "push", path, "--name", name, *flags, check=check)


def test_golden_inputs_are_part_of_the_version_and_shown(server, models, outputs, tmp_path):
    file = golden(tmp_path / "cases.json", {"inputs": INPUTS, "expected": outputs}, {"inputs": INPUTS})
    pushed = push(server, models / "addsub.onnx", "shown", "--golden", file)
    assert "2 requests, answered as they should be" in pushed.stdout
    version = server.cli_json("model", "show", "shown")["version"]
    assert version["goldenRequests"] == 2
    assert [entry["path"] for entry in version["files"]] == ["golden.json", "model.onnx"]
    assert "2 requests, answered as they should be" in server.cli("model", "show", "shown").stdout
    # The same bytes once more are the same version; without golden inputs they are another.
    again = server.cli_json("model", "push", models / "addsub.onnx", "--name", "shown", "--golden", file)
    assert (again["isNew"], again["version"]["version"]) == (False, 1)
    without = server.cli_json("model", "push", models / "addsub.onnx", "--name", "shown")
    assert (without["isNew"], without["version"]["version"], "goldenRequests" in without["version"]) == (True, 2, False)
    deployed = server.cli_json("deploy", "shown:1")
    assert deployed["state"] == "ready"
    assert server.infer("shown", INPUTS)[0] == 200


def test_a_folder_brings_its_own(server, models, outputs, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    shutil.copy(models / "addsub.onnx", folder / "model.onnx")
    golden(folder / "golden.json", {"inputs": INPUTS, "expected": outputs})
    push(server, folder, "folder")
    assert server.cli_json("model", "show", "folder")["version"]["goldenRequests"] == 1
    both = push(server, folder, "folder", "--golden", folder / "golden.json", check=False)
    assert (both.returncode, "has a golden.json already" in both.stderr) == (1, True)


@pytest.mark.parametrize("change, words", [
    (lambda request: request["expected"][0].update(data=[9, 9, 9, 9]), ["golden[1]: output '", "value 0 is", "expected 9"]),
    (lambda request: request["expected"][0].update(name="none"), ["golden[1].expected[0].name", "has no output 'none'"]),
    (lambda request: request["expected"][0].update(shape=[4, 1]), ["golden[1]: output '", "has the shape [1, 4], expected [4, 1]"]),
    (lambda request: request["inputs"][1].update(data=[1, 2, 3]), ["golden[1].inputs[1].data", "calls for 4 values, got 3"]),
    (lambda request: request["inputs"][0].update(datatype="INT64"), ["golden[1].inputs[0].datatype", "is of type FP32, got INT64"]),
    (lambda request: request.update(expect=[]), ["golden[1]", "no 'expect'"]),
    (lambda request: request.pop("inputs"), ["golden[1]", "has no 'inputs'"]),
], ids=["value", "output", "shape", "count", "type", "slip", "empty"])
def test_what_is_wrong_is_refused_by_request_and_field(server, models, outputs, tmp_path, change, words):
    request = json.loads(json.dumps({"inputs": INPUTS, "expected": outputs}))
    change(request)
    file = golden(tmp_path / "cases.json", {"inputs": INPUTS}, request)
    result = push(server, models / "addsub.onnx", "wrong", "--golden", file, check=False)
    assert result.returncode == 1
    for word in words:
        assert word in result.stderr, result.stderr
    assert server.request("GET", "/api/v1/spaces/default/models/wrong")[0] == 404


@pytest.mark.parametrize("text", ["", "{", "7", "[]", "[1]", "[{}]", "\x00\x01", '{"inputs": []}'])
def test_what_is_no_golden_file_is_refused(server, models, tmp_path, text):
    file = tmp_path / "cases.json"
    file.write_text(text)
    result = push(server, models / "addsub.onnx", "wrong", "--golden", file, check=False)
    assert result.returncode == 1
    assert "golden.json does not fit the model: golden" in result.stderr, result.stderr


def test_a_file_that_is_too_large_or_not_there_is_refused(server, models, tmp_path):
    file = tmp_path / "cases.json"
    file.write_bytes(b" " * (16 << 20) + b"[]")
    result = push(server, models / "addsub.onnx", "wrong", "--golden", file, check=False)
    assert (result.returncode, "at most 16777216 are read" in result.stderr) == (1, True)
    result = push(server, models / "addsub.onnx", "wrong", "--golden", tmp_path / "none.json", check=False)
    assert result.returncode == 1
    assert "check the path to the golden inputs" in result.stderr


def test_a_model_that_cannot_bear_its_own_inputs_is_found_at_push(server, models, tmp_path):
    """Zeros suit this model: the trial run alone would have let it in."""
    inputs = [{"name": "shape", "datatype": "INT64", "shape": [2], "data": [1 << 20, 1 << 20]}]
    file = golden(tmp_path / "cases.json", {"inputs": inputs})
    result = push(server, models / "tensor_by_input.onnx", "giant", "--golden", file, check=False)
    assert result.returncode == 1
    assert "golden[0]: the model fails on it" in result.stderr or "memory" in result.stderr, result.stderr
    assert server.request("GET", "/v2/health/ready")[0] == 200
    assert server.request("GET", "/api/v1/spaces/default/models/giant")[0] == 404


@pytest.mark.parametrize("name", ["iris", "breast-cancer", "digits", "diabetes", "wine-gbdt"])
def test_the_examples_are_right_about_themselves(server, examples, name):
    version = server.cli_json(
        "model", "push", examples / name / "model.onnx", "--name", name, "--golden", examples / name / "golden.json")
    assert version["version"]["goldenRequests"] == 2
    assert server.cli_json("deploy", name)["state"] == "ready"
