"""The Open Inference Protocol v2 over HTTP beside predictions: health, metadata, configuration, the repository, the
statistics, spaces, errors and the prediction id."""

import http.client
import json
import re
import threading
import time

import pytest

from wire import json_inputs
from zoo import SERVED

IRIS_INPUT = {"name": "features", "datatype": "FP32", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}
PREFIXES = ["", "/spaces/default"]


@pytest.fixture(scope="module")
def iris(zoo, examples):
    zoo.server.push_file(examples / "iris" / "model.onnx", "iris")
    zoo.server.put_deployment("iris", "iris")
    return "iris"


def get(zoo, path):
    return zoo.server.json("GET", path)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_health_has_json_bodies(zoo, prefix):
    assert get(zoo, f"{prefix}/v2/health/live") == (200, {"live": True})
    assert get(zoo, f"{prefix}/v2/health/ready") == (200, {"ready": True})


@pytest.mark.parametrize("path", ["/v2/health/live", "/v2/health/ready", "/v2", "/v2/models"])
def test_head_has_the_headers_of_get_and_no_body(zoo, path):
    _, got, body = zoo.server.request("GET", path)
    status, headers, nothing = zoo.server.request("HEAD", path)
    assert (status, nothing) == (200, b"")
    assert headers["content-length"] == got["content-length"] == str(len(body))
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("prefix", PREFIXES)
def test_server_metadata(zoo, prefix):
    status, metadata = get(zoo, f"{prefix}/v2")
    assert status == 200
    assert metadata["name"] == "slipway"
    assert re.fullmatch(r"\d+\.\d+\.\d+", metadata["version"])
    assert {"binary_tensor_data", "classification", "model_configuration", "model_repository",
            "statistics"} <= set(metadata["extensions"])
    assert get(zoo, f"{prefix}/v2/") == (status, metadata)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_list_of_models(zoo, iris, prefix):
    zoo.endpoint("addsub")
    status, answer = get(zoo, f"{prefix}/v2/models")
    assert status == 200
    assert {"iris", "addsub"} <= set(answer["models"])
    assert len(set(answer["models"])) == len(answer["models"])


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("version", ["", "/versions/1"])
def test_model_metadata_and_readiness_with_and_without_version(zoo, iris, prefix, version):
    base = f"{prefix}/v2/models/iris{version}"
    assert get(zoo, base) == (200, {
        "name": "iris", "versions": ["1"], "platform": "onnxruntime_onnx",
        "inputs": [{"name": "features", "datatype": "FP32", "shape": [-1, 4]}],
        "outputs": [{"name": "label", "datatype": "INT64", "shape": [-1]},
                    {"name": "probabilities", "datatype": "FP32", "shape": [-1, 3]}],
    })
    assert get(zoo, f"{base}/ready") == (200, {"name": "iris", "ready": True})


@pytest.mark.parametrize("name", SERVED)
def test_metadata_and_configuration_of_every_model_agree_with_its_cases(zoo, name):
    endpoint = zoo.endpoint(name)
    status, metadata = get(zoo, zoo.path(endpoint))
    assert status == 200
    status, config = get(zoo, zoo.path(endpoint, "/config"))
    assert status == 200
    assert (config["name"], config["platform"], config["backend"]) == (name, "onnxruntime_onnx", "onnxruntime")
    assert config["max_batch_size"] == 0
    for side, triton in [("inputs", "input"), ("outputs", "output")]:
        for case in zoo.cases(name)[0]:
            for tensor, told, configured in zip(case[side], metadata[side], config[triton], strict=True):
                assert (told["name"], told["datatype"]) == (tensor["name"], tensor["datatype"])
                assert len(told["shape"]) == len(tensor["shape"])
                for size, actual in zip(told["shape"], tensor["shape"]):
                    assert size in (-1, actual)
                kind = "STRING" if told["datatype"] == "BYTES" else told["datatype"]
                assert configured["name"] == told["name"]
                assert configured["data_type"] == f"TYPE_{kind}"
                assert configured["dims"] == told["shape"]


def test_configuration_carries_the_models_own_metadata(zoo):
    endpoint = zoo.endpoint("classifier")
    for version in [None, 1]:
        status, config = get(zoo, zoo.path(endpoint, "/config", version))
        assert status == 200
        assert json.loads(config["parameters"]["labels"]["string_value"])[:2] == ["zero", "one"]


# Repository


def index(zoo, **body):
    status, entries = zoo.server.json("POST", "/v2/repository/index", body)
    assert status == 200
    return {entry["name"]: entry for entry in entries}


def test_the_repository_index_lists_what_is_deployed(zoo, iris):
    assert index(zoo)["iris"] == {"name": "iris", "version": "1", "state": "READY", "reason": ""}
    status, entries = zoo.server.json("POST", "/v2/repository/index")
    assert status == 200 and "iris" in [entry["name"] for entry in entries]
    status, entries = zoo.server.json("POST", "/spaces/default/v2/repository/index")
    assert status == 200 and "iris" in [entry["name"] for entry in entries]


def test_unload_and_load(zoo):
    endpoint = zoo.endpoint("addsub", "unloadable")
    case = zoo.case("addsub")
    inputs = json_inputs(case["inputs"])
    assert zoo.infer(endpoint, inputs)[0] == 200
    assert zoo.server.json("POST", f"/v2/repository/models/{endpoint}/unload", {
        "parameters": {"unload_dependents": False}}) == (200, {})
    try:
        entry = index(zoo)[endpoint]
        assert (entry["state"], bool(entry["reason"])) == ("UNAVAILABLE", True)
        assert endpoint not in index(zoo, ready=True)
        assert endpoint in index(zoo, ready=False)
        status, body = get(zoo, zoo.path(endpoint, "/ready"))
        assert (status, body["ready"]) == (503, False)
        status, body = zoo.infer(endpoint, inputs)
        assert status == 503 and "load" in body["error"]
        # What else is deployed goes on, the server is ready, and what is unloaded can still be described.
        assert get(zoo, "/v2/health/ready")[0] == 200
        assert get(zoo, zoo.path(endpoint))[0] == 200
        # Unloading twice changes nothing.
        assert zoo.server.json("POST", f"/v2/repository/models/{endpoint}/unload") == (200, {})
    finally:
        assert zoo.server.json("POST", f"/v2/repository/models/{endpoint}/load") == (200, {})
    assert index(zoo)[endpoint]["state"] == "READY"
    assert zoo.infer(endpoint, inputs)[0] == 200
    assert zoo.server.json("POST", f"/v2/repository/models/{endpoint}/load", {"parameters": {}}) == (200, {})


@pytest.mark.parametrize("action", ["load", "unload"])
def test_loading_what_is_not_deployed_is_refused(zoo, action):
    status, body = zoo.server.json("POST", f"/v2/repository/models/nobody/{action}")
    assert status == 404
    assert "nobody" in body["error"]


def test_an_unloaded_endpoint_stays_unloaded_over_a_restart(new_server, models):
    server = new_server()
    server.push_file(models / "addsub.onnx", "addsub")
    server.put_deployment("on", "addsub")
    server.put_deployment("off", "addsub")
    assert server.json("POST", "/v2/repository/models/off/unload") == (200, {})
    assert server.terminate() == 0
    server.start()
    states = {entry["name"]: entry["state"] for entry in server.json("POST", "/v2/repository/index")[1]}
    assert states == {"on": "READY", "off": "UNAVAILABLE"}
    assert server.json("POST", "/v2/repository/models/off/load") == (200, {})
    assert server.json("GET", "/v2/models/off/ready")[0] == 200


# Statistics


def statistics(zoo, endpoint, version=None):
    status, answer = get(zoo, zoo.path(endpoint, "/stats", version))
    assert status == 200
    (only,) = answer["model_stats"]
    return only


def test_statistics_add_up(zoo):
    endpoint = zoo.endpoint("addsub", "counted")
    fresh = statistics(zoo, endpoint)
    assert (fresh["name"], fresh["version"], fresh["inference_count"], fresh["execution_count"],
            fresh["last_inference"]) == ("counted", "1", 0, 0, 0)
    before = time.time() * 1000
    rows, requests = 0, 0
    for case in zoo.cases("addsub")[0]:
        for _ in range(4):
            assert zoo.infer(endpoint, json_inputs(case["inputs"]))[0] == 200
            rows += case["inputs"][0]["shape"][0]
            requests += 1
    for _ in range(3):
        assert zoo.infer(endpoint, [])[0] == 400
    now = statistics(zoo, endpoint, version=1)
    assert (now["inference_count"], now["execution_count"]) == (rows, requests)
    assert before - 1000 <= now["last_inference"] <= time.time() * 1000 + 1000
    stages = now["inference_stats"]
    assert (stages["success"]["count"], stages["fail"]["count"]) == (requests, 3)
    parts = ["queue", "compute_input", "compute_infer", "compute_output"]
    assert [stages[part]["count"] for part in parts] == [requests] * 4
    assert stages["success"]["ns"] == sum(stages[part]["ns"] for part in parts)
    assert all(stages[part]["ns"] > 0 for part in parts[1:])
    assert stages["fail"]["ns"] > 0
    assert now["batch_stats"] == []
    _, everything = get(zoo, "/v2/models/stats")
    assert [entry for entry in everything["model_stats"] if entry["name"] == endpoint] == [now]


def test_statistics_of_concurrent_requests_lose_none(zoo):
    endpoint = zoo.endpoint("addsub", "counted-by-many")
    body = json.dumps({"inputs": json_inputs(zoo.case("addsub", "three rows")["inputs"])})

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", zoo.server.port)
        for _ in range(100):
            connection.request("POST", zoo.path(endpoint, "/infer"), body)
            response = connection.getresponse()
            response.read()
            assert response.status == 200
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now = statistics(zoo, endpoint)
    assert (now["execution_count"], now["inference_count"]) == (800, 2400)
    assert now["inference_stats"]["success"]["count"] == 800


def test_metrics_agree_with_statistics(zoo):
    endpoint = zoo.endpoint("addsub", "measured")
    for case in zoo.cases("addsub")[0]:
        assert zoo.infer(endpoint, json_inputs(case["inputs"]))[0] == 200
    assert zoo.infer(endpoint, [])[0] == 400
    now = statistics(zoo, endpoint)
    status, headers, page = zoo.server.request("GET", "/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain")
    values = {
        name: float(value)
        for name, labels, value in re.findall(r"^(\w+)\{([^}]*)\} (\S+)$", page.decode(), re.M)
        if f'model="{endpoint}"' in labels and 'version="1"' in labels
    }
    assert values["nv_inference_request_success"] == 3
    assert values["nv_inference_request_failure"] == 1
    assert values["nv_inference_count"] == now["inference_count"] == 4
    assert values["nv_inference_exec_count"] == 3


# Errors


def path_errors():
    body = json.dumps({"inputs": [IRIS_INPUT]})
    yield "GET", "/v2/models/nobody", None, 404, "nobody"
    yield "GET", "/v2/models/nobody/ready", None, 404, "nobody"
    yield "GET", "/v2/models/nobody/config", None, 404, "nobody"
    yield "GET", "/v2/models/nobody/stats", None, 404, "nobody"
    yield "POST", "/v2/models/nobody/infer", body, 404, "nobody"
    for tail in ["", "/ready", "/config", "/stats"]:
        yield "GET", f"/v2/models/iris/versions/2{tail}", None, 404, "version 1"
        yield "GET", f"/v2/models/iris/versions/newest{tail}", None, 404, "v:1"
    yield "POST", "/v2/models/iris/versions/2/infer", body, 404, "version 1"
    yield "GET", "/spaces/nowhere/v2/models", None, 404, "nowhere"
    yield "POST", "/spaces/nowhere/v2/models/iris/infer", body, 404, "nowhere"
    yield "GET", "/v2/nothing", None, 404, ""
    yield "GET", "/v3", None, 404, ""
    yield "GET", "/v2/models/iris/infer", None, 405, ""
    yield "DELETE", "/v2/models/iris", None, 405, ""
    yield "PUT", "/v2/repository/index", "{}", 405, ""
    yield "POST", "/v2/health/live", "", 405, ""
    yield "GET", "/v2/models/..%2f..%2fetc", None, 404, ""
    yield "GET", "/v2/models/%zz", None, 400, "%"
    yield "GET", "/v2//models", None, 400, ""
    yield "POST", "/v2/repository/index", "[]", 400, "object"
    yield "POST", "/v2/repository/index", '{"ready": 7}', 400, "ready"


@pytest.mark.parametrize("method,path,body,expected,word", list(path_errors()))
def test_errors_say_what_is_wrong(zoo, iris, method, path, body, expected, word):
    status, headers, answer = zoo.server.request(method, path, body)
    assert status == expected, answer
    assert headers["content-type"] == "application/json"
    value = json.loads(answer)
    assert list(value) == ["error"]
    assert len(value["error"]) > 10 and word in value["error"]
    assert re.fullmatch(r"[0-9a-f]{32}", headers["slipway-prediction-id"])
    if expected == 405:
        assert method not in headers["allow"] and headers["allow"]


# Prediction id


def test_every_answer_has_a_prediction_id_of_its_own(zoo, iris):
    infer = json.dumps({"id": "mine", "inputs": [IRIS_INPUT]})
    requests = [
        ("GET", "/", None), ("GET", "/v2", None), ("HEAD", "/v2", None), ("GET", "/v2/models/iris", None),
        ("POST", "/v2/models/iris/infer", infer), ("POST", "/v2/models/iris/infer", infer),
        ("POST", "/v2/models/iris/infer", "{"), ("POST", "/v2/models/nobody/infer", infer),
        ("POST", "/v1/models/iris:predict", '{"instances": [[1, 2, 3, 4]]}'), ("GET", "/v1/models/iris", None),
        ("GET", "/metrics", None), ("GET", "/nothing", None), ("DELETE", "/v2", None),
        ("GET", "/api/v1/status", None), ("GET", "/api/v1/spaces/nowhere", None),
        ("POST", "/v2/repository/index", None),
    ]
    ids = []
    for method, path, body in requests:
        _, headers, answer = zoo.server.request(method, path, body)
        ids.append(headers.get("slipway-prediction-id", f"none for {method} {path}"))
        if body == infer and path.endswith("iris/infer"):
            assert json.loads(answer)["id"] == "mine"
    assert all(re.fullmatch(r"[0-9a-f]{32}", given) for given in ids), ids
    assert len(set(ids)) == len(ids)


def test_even_an_unreadable_request_gets_a_prediction_id(zoo):
    connection = zoo.server.connect()
    connection.sendall(b"this is not HTTP at all\r\n\r\n")
    response = http.client.HTTPResponse(connection)
    response.begin()
    assert response.status == 400
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["slipway-prediction-id"])
    assert "error" in json.loads(response.read())
    connection.close()


# What Triton's clients ask for beyond the protocol


def test_settings_and_shared_memory(zoo, iris):
    for path in ["/v2/trace/setting", "/v2/models/iris/trace/setting"]:
        status, settings = get(zoo, path)
        assert status == 200 and settings["trace_level"] == ["OFF"]
        assert zoo.server.json("POST", path, {"trace_level": ["OFF"]}) == (200, settings)
        assert zoo.server.json("POST", path, {"trace_level": ["TIMESTAMPS"]})[0] == 400
    status, settings = get(zoo, "/v2/logging")
    assert status == 200 and settings["log_verbose_level"] == 0
    assert zoo.server.json("POST", "/v2/logging", {})[0] == 200
    assert zoo.server.json("POST", "/v2/logging", {"log_verbose_level": 1})[0] == 400
    for kind in ["system", "cuda"]:
        assert get(zoo, f"/v2/{kind}sharedmemory/status") == (200, [])
        assert get(zoo, f"/v2/{kind}sharedmemory/region/r/status")[0] == 400
        assert zoo.server.json("POST", f"/v2/{kind}sharedmemory/region/r/register", {"key": "/r"})[0] == 400
        assert zoo.server.request("POST", f"/v2/{kind}sharedmemory/unregister")[0] == 200
