"""Who may do what, at the real server with real clients: keys, members, limits, guessing, secrets that stay secret."""

import contextlib
import http.client
import json
import pathlib
import queue
import re
import select
import subprocess
import time

import grpc
import numpy as np
import pytest
import tritonclient.http as triton_http
from tritonclient.utils import InferenceServerException

from slipway_server import BINARY, environment, wait_until
from triton_grpc import messages, stubs
from triton_grpc import sync as triton_grpc

KEY = re.compile(r"slw_[a-z0-9]{12}_[0-9a-f]{64}")


def printed_key(server):
    """The owner's key, as the start showed it."""
    announced(server)
    return KEY.search(server.log_text())[0]


def announced(server, starts=1, log=None):
    """Waits until the server has said where it is so many times: it may answer a moment before it does, and the last line
    comes with the first."""
    read = log.read_text if log else server.log_text
    wait_until(lambda: len(re.findall(r"Nothing is deployed yet|endpoints answer\.|still being loaded", read())) >= starts, "what a start says")


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


class Guarded:
    """A server that asks who calls, its owner's key, and a model that predicts in two spaces' worth of roles."""

    def __init__(self, server):
        self.server = server
        self.owner = printed_key(server)

    def cli(self, *arguments, key=None, **options):
        return self.server.cli(*arguments, env={"SLIPWAY_TOKEN": key or self.owner}, **options)

    def cli_json(self, *arguments, key=None, **options):
        return json.loads(self.cli(*arguments, "--output", "json", key=key, **options).stdout)

    def key(self, *arguments, by=None):
        """A new key: (the whole key, its id)."""
        made = self.cli_json("key", "create", *arguments, key=by)
        return made["key"], made["info"]["id"]

    def person(self, name, role):
        """Somebody with a role in `default`, and their key."""
        self.cli("member", "add", name, "--role", role)
        return self.key("--principal", name)[0]

    def deploy(self, path, name):
        self.cli("model", "push", path, "--name", name)
        self.cli("deploy", name)


@pytest.fixture
def guarded(new_server):
    return Guarded(new_server("data", "--auth"))


@pytest.fixture(scope="module")
def copy_model(tmp_path_factory):
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "copy",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 2])])
    path = tmp_path_factory.mktemp("copy") / "copy.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def body(rows=1):
    return json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [rows, 2], "data": [1.0] * (2 * rows)}]})


def infer(server, key, rows=1):
    """(status, headers) of one prediction."""
    status, headers, _ = server.request("POST", "/v2/models/copy/infer", body(rows), bearer(key))
    return status, headers


# The start --------------------------------------------------------------------------------------------------------


def test_a_first_start_is_open_and_says_so(new_server):
    server = new_server()
    announced(server)
    assert "Open to everybody on this machine" in server.log_text()
    assert server.request("GET", "/api/v1/spaces")[0] == 200
    assert server.json("GET", "/api/v1/me")[1]["principal"] == "local"
    assert not KEY.search(server.log_text())


def test_the_owners_key_is_printed_once_and_to_standard_output_alone(new_server, tmp_path):
    errors = tmp_path / "errors"
    prefix = ("bash", "-c", f'exec "$@" 2>>{errors}', "slipway")
    server = new_server("data", "--auth", "--log-level", "trace", prefix=prefix)
    key = printed_key(server)
    assert len(KEY.findall(server.log_text())) == 1
    assert server.request("GET", "/api/v1/me", headers=bearer(key))[0] == 200
    assert server.request("GET", "/api/v1/me")[0] == 401
    assert server.terminate() == 0
    # Again, without the flag: still asked, no second key.
    server.flags = ["--log-level", "trace"]
    server.start()
    announced(server, 2)
    assert len(KEY.findall(server.log_text())) == 1
    assert server.request("GET", "/api/v1/me")[0] == 401
    assert server.request("GET", "/api/v1/me", headers=bearer(key))[0] == 200
    server.terminate()
    assert not KEY.search(errors.read_text())
    assert key[-64:] not in errors.read_text()
    # Whoever has lost it and may start the server gets another one.
    server.flags = ["--new-owner-key"]
    server.start()
    announced(server, 3)
    keys = KEY.findall(server.log_text())
    assert len(keys) == 2
    assert server.request("GET", "/api/v1/me", headers=bearer(keys[1]))[0] == 200
    # A server that replaces a dead one makes no third.
    child = server.children()[0]
    subprocess.run(["kill", "-9", str(child)], check=True)
    wait_until(lambda: server.children() and server.children()[0] != child, "the next server")
    server.wait_ready()
    announced(server, 4)
    assert len(set(KEY.findall(server.log_text()))) == 2
    server.terminate()
    server.flags = ["--no-auth"]
    server.start()
    assert server.request("GET", "/api/v1/me")[0] == 200


@pytest.mark.parametrize(("flags", "words"), [
    (["--host", "0.0.0.0", "--auth"], "TLS"), (["--host", "0.0.0.0"], "--auth"),
    (["--new-owner-key", "--no-auth"], "take one of them away"),
])
def test_what_would_open_too_much_is_refused_at_the_start(tmp_path, flags, words):
    result = subprocess.run(
        [str(BINARY), "serve", "--data-dir", str(tmp_path / "data"), "--port", "0", *flags], capture_output=True,
        text=True, env=environment(), timeout=60)
    assert result.returncode == 78
    assert words in result.stderr
    assert not (tmp_path / "data").exists()


# Keys -------------------------------------------------------------------------------------------------------------


def test_the_next_request_on_an_open_connection_is_refused_after_a_revocation(guarded):
    key, key_id = guarded.key("--name", "app")
    connection = http.client.HTTPConnection("127.0.0.1", guarded.server.port, timeout=10)
    for _ in range(3):
        connection.request("GET", "/v2/models", headers=bearer(key))
        response = connection.getresponse()
        response.read()
        assert response.status == 200
    socket = connection.sock
    guarded.cli("key", "revoke", key_id)
    connection.request("GET", "/v2/models", headers=bearer(key))
    response = connection.getresponse()
    assert (response.status, "revoked" in response.read().decode()) == (401, True)
    assert connection.sock in (socket, None)


def test_the_next_message_of_an_open_stream_is_refused_after_a_revocation(guarded, copy_model):
    guarded.deploy(copy_model, "copy")
    key, key_id = guarded.key()
    sent = queue.Queue()
    request = messages.ModelInferRequest(model_name="copy")
    tensor = request.inputs.add(name="x", datatype="FP32", shape=[1, 2])
    tensor.contents.fp32_contents.extend([1, 2])
    with grpc.insecure_channel(guarded.server.grpc_address) as channel:
        stub = stubs.GRPCInferenceServiceStub(channel)
        answers = stub.ModelStreamInfer(iter(sent.get, None), metadata=[("authorization", f"Bearer {key}")], timeout=30)
        for _ in range(3):
            sent.put(request)
            assert next(answers).infer_response.model_name == "copy"
        guarded.cli("key", "revoke", key_id)
        sent.put(request)
        with pytest.raises(grpc.RpcError) as refusal:
            next(answers)
        assert refusal.value.code() == grpc.StatusCode.UNAUTHENTICATED
        sent.put(None)


def test_a_rotated_key_overlaps_for_as_long_as_it_was_said(guarded):
    old, old_id = guarded.key("--name", "app")
    new = guarded.cli_json("key", "rotate", old_id, "--overlap", "2s")["key"]
    me = "/api/v1/me"
    assert guarded.server.request("GET", me, headers=bearer(old))[0] == 200
    assert guarded.server.request("GET", me, headers=bearer(new))[0] == 200
    wait_until(lambda: guarded.server.request("GET", me, headers=bearer(old))[0] == 401, "the end of the old key")
    assert guarded.server.request("GET", me, headers=bearer(new))[0] == 200
    states = {key["id"]: key["state"] for key in guarded.cli_json("key", "list", "--all")}
    assert states[old_id] == "expired"


def test_roles_decide_and_change_with_the_next_request(guarded, copy_model):
    developer = guarded.person("dora", "developer")
    viewer = guarded.person("vic", "viewer")
    guarded.cli("model", "push", copy_model, "--name", "copy", key=developer)
    guarded.cli("deploy", "copy", key=developer)
    assert infer(guarded.server, viewer)[0] == 200
    refused = guarded.cli("model", "push", copy_model, "--name", "copy", key=viewer, check=False)
    assert refused.returncode == 1
    assert "may not push models" in refused.stderr and re.search("developer.* or owner", refused.stderr)
    assert guarded.cli("member", "add", "eve", "--role", "owner", key=developer, check=False).returncode == 1
    guarded.cli("member", "remove", "vic")
    status, headers, answer = guarded.server.request("POST", "/v2/models/copy/infer", body(), bearer(viewer))
    assert status == 404 and b"there is no space 'default'" in answer
    assert guarded.server.json("GET", "/api/v1/spaces", headers=bearer(viewer))[1]["items"] == []
    names = [member["principal"] for member in guarded.cli_json("member", "list")]
    assert names == ["dora"]


def test_a_validator_pushes_data_sets_and_no_models_and_other_spaces_see_neither(guarded, copy_model, examples):
    validator = guarded.person("val", "validator")
    viewer = guarded.person("vera", "viewer")
    rows = examples / "iris" / "heldout.csv"
    guarded.cli("dataset", "push", rows, "--name", "holdout", key=validator)
    assert re.search(r"rows +45\n", guarded.cli("dataset", "show", "holdout", key=viewer).stdout)
    refused = guarded.cli("dataset", "push", rows, "--name", "mine", key=viewer, check=False)
    assert refused.returncode == 1 and "may not push models or data sets" in refused.stderr
    refused = guarded.cli("model", "push", copy_model, "--name", "copy", key=validator, check=False)
    assert refused.returncode == 1 and "may not push models" in refused.stderr
    guarded.cli("space", "create", "lab")
    guarded.cli("member", "add", "stan", "--role", "developer", "--space", "lab")
    stranger = guarded.key("--principal", "stan")[0]
    for space in ("lab", "default"):
        hidden = guarded.cli("dataset", "show", "holdout", "--space", space, key=stranger, check=False)
        assert hidden.returncode == 1 and "there is no" in hidden.stderr and "45" not in hidden.stdout
    # The name is free there, and the bytes have to be sent again by whoever has them.
    assert guarded.cli_json("dataset", "push", rows, "--name", "holdout", "--space", "lab", key=stranger)["isNew"]


def test_a_key_for_one_endpoint_and_a_key_for_gates(guarded, copy_model):
    guarded.deploy(copy_model, "copy")
    app, _ = guarded.key("--endpoint", "copy", "--role", "viewer", "--limit-space", "default")
    assert infer(guarded.server, app)[0] == 200
    for method, path in [("GET", "/v2/models"), ("GET", "/api/v1/spaces/default/models"), ("GET", "/api/v1/keys"),
                         ("POST", "/api/v1/keys"), ("DELETE", "/api/v1/spaces/default/deployments/copy"),
                         ("PUT", "/api/v1/admins/app")]:
        assert guarded.server.request(method, path, "{}" if method != "GET" else None, bearer(app))[0] == 403, path
    assert guarded.server.request("GET", "/v2/models/other", headers=bearer(app))[0] == 404
    gates, _ = guarded.key("--role", "reporter")
    document = guarded.server.json("GET", "/api/v1/openapi.json", headers=bearer(guarded.owner))[1]
    for template, operations in document["paths"].items():
        for method, operation in operations.items():
            permission = operation["x-slipway-permission"]
            if permission in ("viewHealth", "tellOfPushes", "reportGate"):
                continue
            path = re.sub(r"\{(\w+)\}", lambda m: {"space": "default", "version": "1"}.get(m[1], "copy"), template)
            status = guarded.server.request(method.upper(), path, headers=bearer(gates))[0]
            assert status == 403, f"{method} {path}"


# Real clients -----------------------------------------------------------------------------------------------------


def test_tritonclient_over_http_with_a_header(guarded, copy_model):
    guarded.deploy(copy_model, "copy")
    key = guarded.person("vic", "viewer")
    given = triton_http.InferInput("x", [1, 2], "FP32")
    given.set_data_from_numpy(np.array([[1, 2]], np.float32))
    with triton_http.InferenceServerClient(guarded.server.address) as client:
        assert client.is_server_live() and client.is_server_ready()
        answer = client.infer("copy", [given], headers=bearer(key)).as_numpy("y")
        assert np.array_equal(answer, [[1, 2]])
        assert client.get_model_metadata("copy", headers=bearer(key))["name"] == "copy"
        with pytest.raises(InferenceServerException, match="401|has to know who asks"):
            client.infer("copy", [given])
        with pytest.raises(InferenceServerException, match="may not load or unload"):
            client.unload_model("copy", headers=bearer(key))


def test_tritonclient_over_grpc_with_metadata(guarded, copy_model):
    guarded.deploy(copy_model, "copy")
    key = guarded.person("vic", "viewer")
    metadata = {"authorization": f"Bearer {key}"}
    given = triton_grpc.InferInput("x", [1, 2], "FP32")
    given.set_data_from_numpy(np.array([[1, 2]], np.float32))
    with triton_grpc.InferenceServerClient(guarded.server.grpc_address) as client:
        assert client.is_server_live() and client.is_server_ready()
        answer = client.infer("copy", [given], headers=metadata).as_numpy("y")
        assert np.array_equal(answer, [[1, 2]])
        for headers, code in [({}, "UNAUTHENTICATED"), ({"authorization": "Bearer x"}, "UNAUTHENTICATED"),
                              (metadata | {"slipway-space": "prod"}, "NOT_FOUND")]:
            with pytest.raises(InferenceServerException) as refusal:
                client.infer("copy", [given], headers=headers)
            assert code in refusal.value.status()
        with pytest.raises(InferenceServerException) as refusal:
            client.unload_model("copy", headers=metadata)
        assert "PERMISSION_DENIED" in refusal.value.status()


def test_the_client_speaks_with_a_key_over_both_protocols(guarded, copy_model):
    guarded.deploy(copy_model, "copy")
    key = guarded.person("vic", "viewer")
    rows = json.loads(body())
    for flags in [[], ["--protocol", "grpc", "--grpc-server", f"http://{guarded.server.grpc_address}"]]:
        answer = guarded.cli_json("predict", "copy", "--data", json.dumps(rows), *flags, key=key)
        assert answer["outputs"][0]["data"] == [1.0, 1.0]
        # A wrong key is wrong on both.
        wrong = guarded.cli("predict", "copy", "--data", json.dumps(rows), *flags, key="slw_x", check=False)
        assert wrong.returncode == 1, wrong.stderr


# Login ------------------------------------------------------------------------------------------------------------


def test_login_remembers_a_key_for_its_owner_alone(guarded, tmp_path):
    config = tmp_path / "config"
    env = {"XDG_CONFIG_HOME": str(config)}
    result = guarded.server.cli("login", input=guarded.owner + "\n", env=env)
    assert "you are admin" in result.stdout
    assert guarded.owner not in result.stdout + result.stderr
    file = config / "slipway" / "credentials.json"
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert oct(file.parent.stat().st_mode & 0o777) == "0o700"
    assert guarded.server.cli("space", "list", env=env).returncode == 0
    # It goes to the server that it is for, and no other.
    assert guarded.server.cli("space", "list", env={"XDG_CONFIG_HOME": str(tmp_path / "none")}, check=False).returncode == 1
    # --token and SLIPWAY_TOKEN go before it.
    assert guarded.server.cli("space", "list", env=env | {"SLIPWAY_TOKEN": "slw_x"}, check=False).returncode == 1
    file.chmod(0o644)
    open_file = guarded.server.cli("space", "list", env=env, check=False)
    assert open_file.returncode == 78 and "chmod 600" in open_file.stderr
    file.chmod(0o600)
    # A key that the server does not know is not remembered.
    wrong = guarded.server.cli("login", "--token", "slw_x", env={"XDG_CONFIG_HOME": str(tmp_path / "other")}, check=False)
    assert wrong.returncode == 1 and not (tmp_path / "other").exists()
    guarded.server.cli("login", "--forget", env=env)
    assert guarded.owner not in file.read_text()


# Limits -----------------------------------------------------------------------------------------------------------


def test_a_months_limit_is_exact_over_restarts_and_kills(guarded, copy_model):
    guarded.deploy(copy_model, "copy")
    key, key_id = guarded.key("--requests-per-month", "12", "--rows-per-month", "1000")
    server = guarded.server
    for number in range(3):
        status, headers = infer(server, key, rows=5)
        assert status == 200
        assert (headers["ratelimit-limit"], headers["ratelimit-remaining"]) == ("12", str(11 - number))
    assert server.terminate() == 0
    server.start()
    for _ in range(3):
        assert infer(server, key, rows=5)[0] == 200
    server.kill()
    server.start()
    usage = [one["usage"] for one in guarded.cli_json("key", "list") if one["id"] == key_id]
    assert usage == [{"requests": 6, "rows": 30}]
    statuses = [infer(server, key)[0] for _ in range(10)]
    assert statuses == [200] * 6 + [429] * 4
    status, headers = infer(server, key)
    assert headers["ratelimit-remaining"] == "0"
    assert int(headers["retry-after"]) >= 1
    # A rotation is no new allowance.
    new = guarded.cli_json("key", "rotate", key_id)["key"]
    assert infer(server, new)[0] == 429


def test_requests_a_second_are_limited_on_both_ports_together(guarded, copy_model):
    guarded.deploy(copy_model, "copy")
    key, _ = guarded.key("--requests-per-second", "5")
    metadata = {"authorization": f"Bearer {key}"}
    given = triton_grpc.InferInput("x", [1, 2], "FP32")
    given.set_data_from_numpy(np.array([[1, 2]], np.float32))
    refused = []
    with triton_grpc.InferenceServerClient(guarded.server.grpc_address) as client:
        begun = time.monotonic()
        for _ in range(20):
            refused.append(infer(guarded.server, key)[0] == 429)
            try:
                client.infer("copy", [given], headers=metadata)
                refused.append(False)
            except InferenceServerException as error:
                assert "RESOURCE_EXHAUSTED" in error.status()
                refused.append(True)
        elapsed = time.monotonic() - begun
    assert refused.count(False) <= 5 + 5 * elapsed + 1
    assert refused.count(True) >= 1


def test_a_limit_counts_what_a_full_line_refuses(new_server, models):
    guarded = Guarded(new_server(
        "data", "--auth", env={"SLIPWAY_COMPUTE_THREADS": "1", "SLIPWAY_QUEUE_LIMIT": "1"}))
    guarded.deploy(models / "loop_by_input.onnx", "loop")
    key, key_id = guarded.key("--requests-per-month", "4")
    server = guarded.server
    endless = json.dumps({"inputs": [
        {"name": "count", "shape": [], "datatype": "INT64", "data": [2**40]},
        {"name": "x", "shape": [4], "datatype": "FP32", "data": [0, 1, 2, 3]}]})
    given = [triton_grpc.InferInput("count", [], "INT64"), triton_grpc.InferInput("x", [4], "FP32")]
    given[0].set_data_from_numpy(np.array(1, np.int64))
    given[1].set_data_from_numpy(np.zeros(4, np.float32))
    message = (f"POST /v2/models/loop/infer HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {guarded.owner}\r\n"
               f"Content-Length: {len(endless)}\r\n\r\n{endless}").encode()

    with contextlib.ExitStack() as held, triton_grpc.InferenceServerClient(server.grpc_address) as client:

        def one_more_is_refused():
            connection = held.enter_context(server.connect())
            connection.sendall(message)
            return bool(select.select([connection], [], [], 0.5)[0])

        wait_until(one_more_is_refused, "a full line")
        heard = []
        for _ in range(3):
            with pytest.raises(InferenceServerException) as error:
                client.infer("loop", given, headers={"authorization": f"Bearer {key}"})
            heard.append(error.value.message())
        assert all("waiting already" in message for message in heard), heard
        status, _, answer = server.request("POST", "/v2/models/loop/infer", endless, bearer(key))
        assert status == 429 and b"waiting already" in answer
        with pytest.raises(InferenceServerException) as error:
            client.infer("loop", given, headers={"authorization": f"Bearer {key}"})
        assert "RESOURCE_EXHAUSTED" in error.value.status() and "waiting" not in error.value.message()
    usage = [one["usage"] for one in guarded.cli_json("key", "list") if one["id"] == key_id]
    assert usage[0]["requests"] == 4


# Guessing ---------------------------------------------------------------------------------------------------------


def test_who_guesses_is_told_to_wait_and_others_are_not(guarded):
    server = guarded.server
    guess = bearer("slw_aaaaaaaaaaaa_" + "0" * 64)
    statuses = [server.request("GET", "/v2/models", headers=guess)[0] for _ in range(30)]
    assert set(statuses[:20]) == {401} and 429 in statuses
    status, headers, _ = server.request("GET", "/v2/models", headers=guess)
    assert status == 429 and int(headers["retry-after"]) >= 1
    # From another address of this machine, the right key goes on.
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10, source_address=("127.0.0.2", 0))
    connection.request("GET", "/v2/models", headers=bearer(guarded.owner))
    assert connection.getresponse().status == 200
    assert server.request("GET", "/v2/health/ready")[0] == 200


# Secrets ----------------------------------------------------------------------------------------------------------


def test_no_secret_is_in_anything_the_server_writes(new_server, copy_model, tmp_path):
    output = tmp_path / "output"
    # Standard output has the owner's key, which is what it is for; everything else must not.
    prefix = ("bash", "-c", f'exec "$@" >>{output}', "slipway")
    server = new_server("data", "--auth", "--log-level", "trace", prefix=prefix,
                        env={"SLIPWAY_AUTH_FAILURES_PER_MINUTE": "0"})
    announced(server, log=output)
    owner = KEY.search(output.read_text())[0]
    guarded = Guarded.__new__(Guarded)
    guarded.server, guarded.owner = server, owner
    guarded.deploy(copy_model, "copy")
    first, first_id = guarded.key("--name", "one", "--requests-per-month", "100")
    second = guarded.cli_json("key", "rotate", first_id, "--overlap", "1h")["key"]
    third = guarded.person("vic", "viewer")
    secrets = [owner, first, second, third, "slw_aaaaaaaaaaaa_" + "5" * 64, "not-a-key-at-all-but-secret",
               "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzZWNyZXQifQ.secretsignature"]
    answers = []
    for secret in secrets:
        for method, path, content in [
            ("POST", "/v2/models/copy/infer", body()), ("POST", "/v2/models/copy/infer", "{"), ("GET", "/metrics", None),
            ("GET", "/api/v1/keys", None), ("GET", "/api/v1/me", None), ("PUT", "/api/v1/spaces/default/members/x", "[]"),
            ("DELETE", "/api/v1/keys/nokey", None), ("POST", "/api/v1/keys/" + first_id + "/rotate", '{"a":1}'),
        ]:
            for headers in [bearer(secret), {"Authorization": secret}, bearer(secret) | {"Idempotency-Key": "same"}]:
                _, got, answer = server.request(method, path, content, headers)
                answers.append(str(got).encode() + answer)
        with pytest.raises(Exception):
            with triton_grpc.InferenceServerClient(server.grpc_address) as client:
                client.unload_model("nothing", headers={"authorization": f"Bearer {secret}"})
    guarded.cli("key", "revoke", first_id)
    assert server.terminate() == 0
    written = {path: path.read_bytes() for path in pathlib.Path(server.data).rglob("*") if path.is_file()}
    written[server.log] = server.log.read_bytes()
    written["answers"] = b"\n".join(answers)
    for secret in secrets:
        for place, content in written.items():
            assert secret[-40:].encode() not in content, f"{secret} is in {place}"
    assert output.read_text().count(owner) == 1
    for secret in secrets[1:]:
        assert secret[-40:] not in output.read_text()
