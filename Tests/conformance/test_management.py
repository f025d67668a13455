"""The management interface: its OpenAPI document, what its routes really answer, pages, entity tags, idempotency keys and
the push with nothing but curl."""

import hashlib
import json
import re
import subprocess
import uuid

import onnx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from git_repository import GitRepository
from slipway_server import SlipwayServer, wait_until

BASE = "/api/v1/spaces/default"
OCTETS = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """As any, but one that may start commands, and clone."""
    folder = tmp_path_factory.mktemp("server")
    server = SlipwayServer(folder / "data", flags=["--allow-commands"], log=folder / "server.log",
                           env={"SLIPWAY_GIT_ALLOW": f"file://{folder}/git"})
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def world(server, models):
    """Two versions of one model, three endpoints, and a promotion into a second space; the deliveries 1 and 2."""
    for place in (BASE, "/api/v1"):
        order = {"name": "hook", "url": "http://localhost:1/", "events": ["ledger.*"]}
        assert server.json("POST", f"{place}/webhooks", order)[0] == 201
        assert server.json("POST", f"{place}/webhooks/hook/test")[1]["state"] == "failed"
    server.push_file(models / "identity_fp32.onnx", "managed", query="?metric.accuracy=0.5&tag.team=risk&dataset=d1")
    server.push_file(models / "identity_fp64.onnx", "managed", query="?git_commit=abc123")
    for name in ["addsub", "classifier", "strings"]:
        server.push_file(models / f"{name}.onnx", name)
        server.put_deployment(name, name)
    server.put_deployment("managed", "managed", version=1, reason="to begin with")
    alarm(server)
    train(server)
    clone(server)
    assert server.json("POST", "/api/v1/spaces", {"name": "next"})[0] == 201
    assert server.json("PUT", "/api/v1/spaces/next/policy", {"promotesFrom": ["default"]})[0] == 200
    order = {"model": "managed", "version": 1, "to": "next"}
    assert server.json("POST", f"{BASE}/promotions", order)[1]["state"] == "applied"
    rows = b"age,region\n31,north\n47,\n"
    sha256 = hashlib.sha256(rows).hexdigest()
    assert server.request("PUT", f"{BASE}/blobs/{sha256}", rows)[0] == 200
    assert server.json("POST", f"{BASE}/datasets", {
        "name": "rows", "sha256": sha256, "size": len(rows), "format": "csv"})[0] == 201
    assert server.infer("addsub", [
        {"name": name, "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]} for name in "ab"])[0] == 200
    return server


def alarm(server):
    """Alert 1: requests that are good, while somebody has taken the model out of memory."""
    assert server.request("POST", "/v2/repository/models/managed/unload")[0] == 200
    row = {"name": "input", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]}
    for _ in range(12):
        assert server.infer("managed", [row])[0] == 503
    assert server.request("POST", "/v2/repository/models/managed/load")[0] == 200
    wait_until(lambda: server.request("GET", f"{BASE}/alerts/1")[0] == 200, "an alert", 30)


def train(server):
    """Retraining run 1, that trains nothing."""
    monitor = {"retraining": [{"name": "night", "when": {"schedule": "0 3 * * *"}, "command": ["/bin/true"], "folder": "/"}]}
    headers = {"Content-Type": "application/json"}
    status, answer = server.json("PUT", f"{BASE}/deployments/managed/monitor", monitor, headers)
    assert status == 200, answer
    status, answer = server.json("POST", f"{BASE}/deployments/managed/retraining", {"rule": "night"})
    assert status == 201, answer
    wait_until(lambda: server.request("GET", f"{BASE}/retraining/runs/1/log")[0] == 200, "a log", 30)


def clone(server):
    """Run 1 from Git, that checks nothing."""
    repository = GitRepository(server.data.parent / "git" / "thing")
    repository.pipeline(validate=["true"])
    repository.commit()
    assert server.json("POST", f"{BASE}/repositories", {"name": "thing", "url": repository.url})[0] == 201
    assert server.json("POST", f"{BASE}/runs", {"repository": "thing"})[0] == 201
    wait_until(lambda: server.json("GET", f"{BASE}/runs/1")[1]["state"] == "succeeded", "the run", 60)


@pytest.fixture(scope="module")
def document(server):
    status, headers, body = server.request("GET", "/api/v1/openapi.json")
    assert status == 200 and headers["content-type"] == "application/json"
    return json.loads(body)


# OpenAPI


def test_the_document_is_openapi_3_1(document):
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1.")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"] and operation["x-slipway-permission"], path


def resolved(document, schema):
    """A schema with what it refers to beside it."""
    return {"components": document["components"], **schema}


def conforms(document, operation, status, headers, body):
    content = operation["responses"].get(str(status), operation["responses"]["default"])["content"]
    kind = headers["content-type"].split(";")[0]
    assert kind in content, f"{kind} is not among {list(content)}"
    schema = content[kind]["schema"]
    value = json.loads(body) if kind == "application/json" else body.decode(errors="replace")
    errors = [error.message for error in Draft202012Validator(resolved(document, schema)).iter_errors(value)]
    assert not errors, errors
    return value


EXAMPLES = {
    "space": "default", "endpoint": "addsub", "model": "managed", "dataset": "rows", "version": "1", "label": "stable",
    "region": "r", "number": "1", "check": "ci", "repository": "thing", "logged": "m-1",
    "path": "0/none/artifacts/none", "webhook": "hook",
}
# Deliveries are numbered for the whole server: the first is the space's.
OF_SERVER = EXAMPLES | {"number": "2"}


@pytest.fixture
def rollout(world, models, tmp_path):
    """An open rollout of the endpoint that stands for all in paths, the first it has."""
    other = onnx.load(models / "addsub.onnx")
    other.doc_string = "the same, but for this"
    onnx.save(other, tmp_path / "other.onnx")
    version = world.push_file(tmp_path / "other.onnx", "addsub")["version"]["version"]
    world.cli("rollout", "start", "addsub", "--to", f"addsub:{version}", "--strategy", "ab")
    yield
    world.cli("rollout", "abort", "addsub")


def test_every_get_route_answers_what_its_schema_says(world, document, rollout):
    walked = 0
    for template, operations in document["paths"].items():
        if "get" not in operations:
            continue
        examples = OF_SERVER if template.startswith("/api/v1/webhook-deliveries") else EXAMPLES
        path = re.sub(r"\{(\w+)\}", lambda part: examples[part.group(1)], template)
        status, headers, body = world.request("GET", path)
        # What these are asked about stands in the query, and there is none.
        expected = {200, 400, 404} if "/mlflow" in template else {400} if "{region}" in template else {200}
        assert status in expected, f"{path}: {status} {body}"
        conforms(document, operations["get"], status, headers, body)
        walked += 1
    assert walked > 40


def test_every_route_refuses_as_its_schema_says(world, document):
    for template, operations in document["paths"].items():
        path = re.sub(r"\{\w+\}", "0" * 64 if "{sha256}" in template else "nobody", template)
        if path == template:
            continue
        for method, operation in operations.items():
            body = b"{" if method in ("post", "put") else None
            status, headers, answer = world.request(method.upper(), path, body)
            if method == "head":
                assert status == 404
            elif status != 200:
                assert 400 <= status < 500, f"{method} {path}: {status}"
                said = conforms(document, operation, status, headers, answer)
                assert said.get("error_code") or said["error"]


def test_what_is_not_in_the_document_is_not_there(world, document):
    """Every path answers 405, not something else, to the methods that the document does not list. A path that ends in
    `:predict` is, with another method, one that ends in an impossible name."""
    for template, operations in document["paths"].items():
        path = re.sub(r"\{(\w+)\}", lambda part: EXAMPLES.get(part.group(1), "0" * 64), template)
        for method in ["get", "post", "put", "delete", "patch", "options"]:
            if method not in operations:
                status, headers, _ = world.request(method.upper(), path)
                # With GET the last word of this one is a number that none is.
                if ":" in template or template.endswith("/alerts/test"):
                    assert status in (404, 405), f"{method} {path}: {status}"
                    continue
                # And of this one it may be the name of a logged model.
                if template.endswith("/logged-models/search"):
                    assert status in (400, 404, 405), f"{method} {path}: {status}"
                    continue
                assert status == 405, f"{method} {path}: {status}"
                assert set(operations) <= set(headers["allow"].lower().split(", "))


def test_bodies_that_are_shown_validate(world, document):
    schemas = document["components"]["schemas"]
    for name, value in [
        ("InferenceRequest", {"id": "1", "inputs": [{"name": "a", "datatype": "FP32", "shape": [1], "data": [1]}]}),
        ("DeployRequest", {"model": "managed", "version": 1, "reason": "because"}),
        ("SpacePolicy", {"promotesFrom": ["test"], "gates": [{"name": "ci", "kind": "external", "timeoutSeconds": 5}]}),
        ("PromotionRequest", {"model": "managed", "version": 1, "to": "prod"}),
        ("PushRequest", {"files": [{"path": "m.onnx", "sha256": "0" * 64, "size": 1}], "metrics": {"a": 1.5}}),
    ]:
        Draft202012Validator(resolved(document, schemas[name])).validate(value)


# What routes answer


def test_a_version_tells_all_that_was_said_of_it(world, models):
    status, version = world.json("GET", f"{BASE}/models/managed/versions/1")
    data = (models / "identity_fp32.onnx").read_bytes()
    assert status == 200
    assert version["files"] == [
        {"path": "model.onnx", "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}]
    assert (version["metrics"], version["tags"], version["dataset"]) == ({"accuracy": 0.5}, {"team": "risk"}, "d1")
    assert version["inputs"] == [
        {"name": "input", "datatype": "FP32", "shape": ["rows", "columns"], "optional": False}]
    assert (version["format"], version["space"]) == ("onnx", "default")
    assert version["producer"] == "slipway-conformance 1"
    assert version["opsets"][""] == 20 if "" in version["opsets"] else version["opsets"]["ai.onnx"] == 20
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", version["createdAt"])
    status, latest = world.json("GET", f"{BASE}/models/managed/versions/latest")
    assert (status, latest["version"], latest["gitCommit"]) == (200, 2, "abc123")


def test_a_model_sums_up_its_versions(world):
    status, model = world.json("GET", f"{BASE}/models/managed")
    assert (status, model["versions"], model["latestVersion"]) == (200, 2, 2)
    assert model["deployed"] == ["managed:1"]


def test_deployment_counters(world):
    status, deployment = world.json("GET", f"{BASE}/deployments/addsub")
    assert (status, deployment["requests"], deployment["errors"], deployment["state"]) == (200, 1, 0, "ready")
    assert 0 < deployment["p50Milliseconds"] <= deployment["p99Milliseconds"]


@pytest.mark.parametrize("path,status,code", [
    (f"{BASE}/models/nobody", 404, "notFound"),
    (f"{BASE}/models/managed/versions/3", 404, "notFound"),
    (f"{BASE}/models/managed/versions/0", 400, "invalid"),
    (f"{BASE}/models/managed/versions/newest", 400, "invalid"),
    (f"{BASE}/models/nobody/versions", 404, "notFound"),
    (f"{BASE}/deployments/nobody", 404, "notFound"),
    (f"{BASE}/deployments/nobody/revisions", 404, "notFound"),
    ("/api/v1/spaces/nowhere", 404, "notFound"),
    ("/api/v1/spaces/nowhere/models", 404, "notFound"),
    (f"{BASE}/models?limit=0", 400, "invalid"),
    (f"{BASE}/models?limit=1001", 400, "invalid"),
    (f"{BASE}/models?limit=ten", 400, "invalid"),
    ("/api/v1/nothing", 404, None),
])
def test_refusals_have_a_code(world, path, status, code):
    got, answer = world.json("GET", path)
    assert got == status, answer
    assert answer["error"] and answer["code"]
    if code:
        assert spelled(answer["code"]) == spelled(code)


def spelled(code):
    return code.replace("_", "").lower()


# Pages


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
@pytest.mark.parametrize("path,key,least", [
    (f"{BASE}/models", "name", 4), (f"{BASE}/deployments", "endpoint", 4),
    (f"{BASE}/models/managed/versions", "version", 2), ("/api/v1/spaces", "name", 2),
])
def test_pages_together_are_the_whole_list(world, path, key, least, limit):
    _, whole = world.json("GET", path)
    assert len(whole["items"]) >= least and "next" not in whole
    found, after = [], ""
    while True:
        status, page = world.json("GET", f"{path}?limit={limit}{after}")
        assert status == 200 and len(page["items"]) <= limit
        found += page["items"]
        if "next" not in page:
            break
        after = f"&after={page['next']}"
        assert len(found) < 100
    assert [item[key] for item in found] == [item[key] for item in whole["items"]]
    assert len({item[key] for item in found}) == len(found)


# Entity tags


def put(server, endpoint, order, **headers):
    status, fields, body = server.request(
        "PUT", f"{BASE}/deployments/{endpoint}", order, {key.replace("_", "-"): value for key, value in headers.items()})
    return status, fields, json.loads(body)


def test_updates_may_insist_on_a_revision(world):
    endpoint = "tagged"
    status, fields, first = put(world, endpoint, {"model": "managed", "version": 1})
    assert (status, fields["etag"], first["revision"]) == (200, '"1"', 1)
    status, fields, _ = world.request("GET", f"{BASE}/deployments/{endpoint}")
    assert fields["etag"] == '"1"'
    # Somebody else changes it meanwhile.
    status, fields, _ = put(world, endpoint, {"model": "managed", "version": 2}, If_Match='"1"')
    assert (status, fields["etag"]) == (200, '"2"')
    status, _, refusal = put(world, endpoint, {"model": "managed", "version": 1}, If_Match='"1"')
    assert status in (409, 412) and "revision 2" in refusal["error"], refusal
    status, fields, refusal = world.request("DELETE", f"{BASE}/deployments/{endpoint}", None, {"If-Match": '"1"'})
    assert status in (409, 412)
    # Nothing of it happened.
    status, now = world.json("GET", f"{BASE}/deployments/{endpoint}")
    assert (now["version"], now["revision"]) == (2, 2)
    status, _, refusal = put(world, endpoint, {"model": "managed"}, If_Match="whatever")
    assert status == 400 and "If-Match" in refusal["error"]
    status, _, _ = put(world, endpoint, {"model": "managed", "version": 1}, If_Match="*")
    assert status == 200
    assert world.request("DELETE", f"{BASE}/deployments/{endpoint}", None, {"If-Match": '"3"'})[0] == 200


def test_a_deployment_goes_through_its_life(world):
    endpoint = "life"
    for version in [1, 2]:
        status, _, deployment = put(world, endpoint, {"model": "managed", "version": version, "reason": f"v{version}"})
        assert (status, deployment["version"], deployment["revision"], deployment["state"]) == (
            200, version, version, "ready")
    # The same again changes nothing.
    assert put(world, endpoint, {"model": "managed", "version": 2})[2]["revision"] == 2
    assert put(world, endpoint, {"model": "managed"})[2]["version"] == 2
    # Other options are another revision.
    status, _, deployment = put(world, endpoint, {"model": "managed", "options": {"deadlineMilliseconds": 1500}})
    assert (deployment["revision"], deployment["options"]["deadlineMilliseconds"]) == (3, 1500)
    # An endpoint keeps its model.
    status, _, refusal = put(world, endpoint, {"model": "addsub"})
    assert status == 409 and "managed" in refusal["error"] and refusal["hint"]
    status, _, answer = world.request("DELETE", f"{BASE}/deployments/{endpoint}")
    assert status == 200
    assert world.json("GET", f"{BASE}/deployments/{endpoint}")[0] == 404
    assert world.json("GET", f"/v2/models/{endpoint}")[0] == 404
    assert world.request("DELETE", f"{BASE}/deployments/{endpoint}")[0] == 404
    # Its history stays, and goes on where it ended.
    status, history = world.json("GET", f"{BASE}/deployments/{endpoint}/revisions")
    assert [(r["action"], r["version"], r["isCurrent"]) for r in sorted(
        history["items"], key=lambda revision: revision["revision"])][:4] == [
        ("deploy", 1, False), ("deploy", 2, False), ("deploy", 2, False), ("delete", 2, False)]
    assert put(world, endpoint, {"model": "managed"})[2]["revision"] == 5
    assert world.request("DELETE", f"{BASE}/deployments/{endpoint}")[0] == 200


@pytest.mark.parametrize("order,status", [
    ({}, 400), ({"model": 7}, 400), ({"model": "managed", "version": "1"}, 400), ({"model": "managed", "version": 99}, 404),
    ({"model": "nobody"}, 404), ({"model": "managed", "options": {"intraOpThreads": 0}}, 400),
    ({"model": "managed", "options": {"deadlineMilliseconds": -1}}, 400), ({"model": "../managed"}, 400), ([], 400),
])
def test_orders_that_make_no_sense(world, order, status):
    got, _, refusal = put(world, "nonsense", order)
    assert got == status, refusal
    assert refusal["error"] and refusal["code"]
    assert world.json("GET", f"{BASE}/deployments/nonsense")[0] == 404


# Idempotency keys


def test_a_push_with_a_key_is_made_once(world, models):
    data = (models / "identity_int8.onnx").read_bytes()
    key = {"Idempotency-Key": str(uuid.uuid4())} | OCTETS
    path = f"{BASE}/models/keyed/versions"
    status, first = world.json("POST", path, data, key)
    assert (status, first["isNew"]) == (201, True)
    generation = world.json("GET", "/api/v1/server")[1]["generation"]
    status, again = world.json("POST", path, data, key)
    assert status in (200, 201) and again == first
    assert world.json("GET", "/api/v1/server")[1]["generation"] == generation
    # The same key for something else is refused, and makes nothing.
    status, refusal = world.json("POST", path, (models / "identity_int16.onnx").read_bytes(), key)
    assert status == 409 and "key" in refusal["error"]
    assert world.json("GET", f"{BASE}/models/keyed")[1]["versions"] == 1


def test_a_deploy_with_a_key_is_done_once(world):
    key = str(uuid.uuid4())
    first = put(world, "keyed-endpoint", {"model": "managed", "version": 1}, Idempotency_Key=key)
    put(world, "keyed-endpoint", {"model": "managed", "version": 2})
    again = put(world, "keyed-endpoint", {"model": "managed", "version": 1}, Idempotency_Key=key)
    # The retry is told what the first was told, and does not take version 2 away.
    assert (again[0], again[2]["revision"], again[2]["version"]) == (200, 1, 1) == (
        first[0], first[2]["revision"], first[2]["version"])
    assert world.json("GET", f"{BASE}/deployments/keyed-endpoint")[1]["version"] == 2
    status, _, refusal = put(world, "keyed-endpoint", {"model": "managed", "version": 2}, Idempotency_Key=key)
    assert status == 409 and "key" in refusal["error"]
    assert put(world, "keyed-endpoint", {"model": "managed"}, Idempotency_Key="no good")[0] == 400
    assert put(world, "keyed-endpoint", {"model": "managed"}, Idempotency_Key="x" * 300)[0] == 400


def test_a_delete_with_a_key_is_done_once(world):
    put(world, "to-delete", {"model": "managed", "version": 1})
    key = {"Idempotency-Key": str(uuid.uuid4())}
    assert world.request("DELETE", f"{BASE}/deployments/to-delete", None, key)[0] == 200
    put(world, "to-delete", {"model": "managed", "version": 1})
    assert world.request("DELETE", f"{BASE}/deployments/to-delete", None, key)[0] == 200
    assert world.json("GET", f"{BASE}/deployments/to-delete")[0] == 200


# Push


def test_a_push_with_nothing_but_curl(world, models):
    result = subprocess.run(
        ["curl", "-sS", "-f", "--data-binary", f"@{models / 'identity_uint8.onnx'}", "-H",
         "Content-Type: application/octet-stream",
         f"{world.url}{BASE}/models/curled/versions?metric.accuracy=0.93&metric.f1=0.9&tag.team=risk%20desk"],
        capture_output=True, check=True)
    version = json.loads(result.stdout)["version"]
    assert version["metrics"] == {"accuracy": 0.93, "f1": 0.9}
    assert version["tags"] == {"team": "risk desk"}
    again = subprocess.run(
        ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Content-Type: application/octet-stream",
         "-H", "Expect: 100-continue", "-H", "Transfer-Encoding: chunked", "--data-binary",
         f"@{models / 'identity_uint8.onnx'}", f"{world.url}{BASE}/models/curled/versions"],
        capture_output=True, check=True)
    assert again.stdout == b"200"


def test_blobs_and_then_the_version(world, models):
    data = (models / "identity_uint16.onnx").read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    blob = f"{BASE}/blobs/{sha256}"
    entry = {"path": "model.onnx", "sha256": sha256, "size": len(data)}
    assert world.request("HEAD", blob)[0] == 404
    # A version of bytes that are not there yet.
    status, refusal = world.json("POST", f"{BASE}/models/blobbed/versions", {"files": [entry]})
    assert status in (400, 404, 409, 422) and sha256[:8] in refusal["error"], refusal
    # Bytes that are not what their name says.
    status, refusal = world.json("PUT", blob, data + b"x")
    assert (status, spelled(refusal["code"])) == (422, "digestmismatch")
    assert world.request("HEAD", blob)[0] == 404
    for _ in range(2):
        assert world.json("PUT", blob, data) == (200, {"sha256": sha256, "size": len(data)})
    assert world.request("HEAD", blob)[0] == 200
    # A size that is not theirs.
    status, refusal = world.json("POST", f"{BASE}/models/blobbed/versions", {"files": [entry | {"size": 1}]})
    assert 400 <= status < 500, refusal
    status, pushed = world.json("POST", f"{BASE}/models/blobbed/versions", {"files": [entry]})
    assert (status, pushed["isNew"], pushed["version"]["version"]) == (201, True, 1)
    status, pushed = world.json("POST", f"{BASE}/models/blobbed/versions", {"files": [entry]})
    assert (status, pushed["isNew"], pushed["version"]["version"]) == (200, False, 1)


@pytest.mark.parametrize("files", [
    [], [{"path": "../model.onnx"}], [{"path": "/model.onnx"}], [{"path": "a/../model.onnx"}], [{"path": ""}],
    [{"path": "a//b.onnx"}], [{"path": "a\\b.onnx"}], [{"path": "model.onnx"}, {"path": "model.onnx"}],
    [{"path": "a"}, {"path": "a/b.onnx"}], [{"path": "model.onnx", "sha256": "XYZ"}], [{"path": "model.onnx", "size": -1}],
    [{"path": "x" * 5000}], [{"path": "weights.bin"}],
])
def test_manifests_that_are_refused(world, files):
    files = [{"sha256": "0" * 64, "size": 1} | file for file in files]
    status, refusal = world.json("POST", f"{BASE}/models/refused/versions", {"files": files})
    assert 400 <= status < 500, refusal
    assert refusal["error"] and refusal["code"]
    assert world.json("GET", f"{BASE}/models/refused")[0] == 404


@pytest.mark.parametrize("query", ["?metric.accuracy=good", "?metric.accuracy=nan", "?colour=red"])
def test_queries_that_are_refused(world, models, query):
    status, refusal = world.json(
        "POST", f"{BASE}/models/refused/versions{query}", (models / "mlp_64_256_256_10.onnx").read_bytes(), OCTETS)
    assert status == 400, refusal
    assert world.json("GET", f"{BASE}/models/refused")[0] == 404


def test_verify_finds_everything_in_order(world):
    status, report = world.json("POST", "/api/v1/verify")
    assert (status, report["problems"]) == (200, [])
    assert report["blobs"] >= 5 and report["auditEvents"] >= 8


def test_status_is_one_screen_of_everything(world):
    status, report = world.json("GET", "/api/v1/status")
    assert status == 200
    assert {"addsub", "classifier", "strings", "managed"} <= {item["endpoint"] for item in report["deployments"]}
    assert [space["name"] for space in report["spaces"]] == ["default", "next"]
    assert report["blobBytes"] > 0 and report["freeBytes"] > 0
    assert report["server"]["runtimes"]["onnx"].startswith("ONNX Runtime 1.")
    assert report["server"]["httpPort"] == world.port


@pytest.mark.parametrize("path, body, field", [
    ("deployments/iris", {"model": "iris", "frob": 1}, "frob"),
    ("deployments/iris", {"model": "iris", "options": {"deadlineMs": 5}}, "options.deadlineMs"),
    ("models/iris/versions", {"files": [{"path": "m.onnx", "sha256": "0" * 64, "size": 1, "mode": 7}]}, "files[0].mode"),
    ("models/iris/versions", {"files": [], "metric": {}}, "metric"),
])
def test_a_field_that_means_nothing_is_refused_by_name(world, path, body, field):
    method = "PUT" if path.startswith("deployments") else "POST"
    status, refusal = world.json(method, f"{BASE}/{path}", body)
    assert (status, refusal["code"], refusal["field"]) == (400, "invalid", field), refusal
    assert field in refusal["error"] and "there are" in refusal["hint"]
