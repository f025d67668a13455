"""W3C trace context: taken over HTTP and gRPC, found again in the log, the ledger and what the server asks of others."""

import http.server
import json
import re
import threading

import numpy
import pytest

import rollout_models
from slipway_server import REPOSITORY, wait_until
from triton_grpc import sync as triton_grpc

IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"
FLOWER = [5.1, 3.5, 1.4, 0.2]
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
FEATURES = {"name": "features", "datatype": "FP32", "shape": [1, 4], "data": FLOWER}


def log_lines(server):
    """What the server has logged as JSON; what it says at its standard output beside that is no JSON."""
    return [json.loads(line) for line in server.log_text().splitlines() if line.startswith("{")]


def rows(server, endpoint="iris"):
    status, _, body = server.request("GET", f"/api/v1/spaces/default/deployments/{endpoint}/ledger/rows")
    assert status == 200
    return sorted(map(json.loads, body.splitlines()), key=lambda row: row["time"])


def infer(server, *headers):
    """One request with these header lines, each as it is: (status, prediction id)."""
    body = json.dumps({"inputs": [FEATURES]}).encode()
    lines = ["POST /v2/models/iris/infer HTTP/1.1", "Host: x", "Connection: close", f"Content-Length: {len(body)}", *headers]
    with server.connect() as socket:
        socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        answer = b""
        while piece := socket.recv(65536):
            answer += piece
    return int(answer.split()[1]), re.search(rb"slipway-prediction-id: (\w+)", answer)[1].decode()


@pytest.fixture
def iris(new_server):
    server = new_server("data", "--log-format", "json", "--log-level", "debug")
    server.push_file(IRIS, "iris")
    server.put_deployment("iris", "iris", options={"ledger": {}})
    return server


def test_the_trace_of_a_prediction_is_in_its_row(iris):
    other = "00-" + "1" * 32 + "-" + "2" * 16 + "-00"
    wanted = {}
    for lines, trace in [
        ([f"traceparent: {PARENT}"], TRACE), ([f"TraceParent:   {PARENT}  ", "tracestate: a=1"], TRACE),
        ([f"traceparent: cc{PARENT[2:]}-and-more"], TRACE), ([f"traceparent: {PARENT}", "tracestate: no good"], TRACE),
        ([], None), (["tracestate: a=1"], None), ([f"traceparent: {PARENT.upper()}"], None),
        ([f"traceparent: ff{PARENT[2:]}"], None), ([f"traceparent: {PARENT}-x"], None), (["traceparent:"], None),
        (["traceparent: 00-" + "0" * 32 + "-b7ad6b7169203331-01"], None),
        ([f"traceparent: {PARENT}", f"traceparent: {other}"], None), (["traceparent: " + "0" * 5000], None),
    ]:
        status, prediction = infer(iris, *lines)
        assert status == 200, lines
        wanted[prediction] = trace
    with triton_grpc.InferenceServerClient(iris.grpc_address) as client:
        for parent, trace in [(PARENT, TRACE), ("00-nonsense", None), (None, None)]:
            asked = triton_grpc.InferInput("features", [1, 4], "FP32")
            asked.set_data_from_numpy(numpy.array([FLOWER], numpy.float32))
            client.infer("iris", [asked], request_id=f"grpc-{parent}", headers={"traceparent": parent} if parent else None)
            wanted[f"grpc-{parent}"] = trace
    found = {row["request_id"] or row["prediction"]: row["trace"] for row in rows(iris)}
    assert found == wanted
    csv = iris.cli("monitor", "export", "iris", "--format", "csv").stdout.splitlines()
    assert csv[0].split(",")[10] == "trace" and sum(TRACE in line for line in csv[1:]) == 5


def test_a_failure_is_in_the_log_with_the_ids_that_its_caller_has(iris):
    body = {"inputs": [{**FEATURES, "shape": [1, 5]}]}
    status, headers, _ = iris.request("POST", "/v2/models/iris/infer", body, {"traceparent": PARENT})
    assert status == 400
    iris.request("POST", "/v2/repository/models/iris/unload")
    status, lost, _ = iris.request("POST", "/v2/models/iris/infer", {"inputs": [FEATURES]}, {"traceparent": PARENT})
    assert status == 400 or status >= 500
    wait_until(lambda: sum(line["message"] == "a prediction was not answered" for line in log_lines(iris)) == 2, "two lines")
    wrong, unloaded = [line for line in log_lines(iris) if line["message"] == "a prediction was not answered"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", wrong.pop("time"))
    assert wrong == {
        "level": "debug", "message": "a prediction was not answered", "prediction.id": headers["slipway-prediction-id"],
        "trace.id": TRACE, "error.kind": "invalid_request", "caller.id": "local", "endpoint.space": "default",
        "endpoint.name": "iris", "model.version": "iris:1", "endpoint.revision": "1"}
    assert (unloaded["level"], unloaded["error.kind"], unloaded["prediction.id"], unloaded["trace.id"]) == (
        "warning", "unloaded", lost["slipway-prediction-id"], TRACE)


def test_the_log_is_text_unless_told_otherwise(new_server):
    server = new_server("data", "--log-level", "debug")
    server.push_file(IRIS, "iris")
    server.put_deployment("iris", "iris")
    _, headers, _ = server.request("POST", "/v2/models/iris/infer", b"{}")
    identity = headers["slipway-prediction-id"]
    wait_until(lambda: identity in server.log_text(), "the line")
    (line,) = [line for line in server.log_text().splitlines() if identity in line]
    assert "a prediction was not answered" in line and "prediction.id=" + identity in line


class Outside(http.server.BaseHTTPRequestHandler):
    """A webhook that keeps the headers it gets."""

    seen = []

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        Outside.seen.append((self.headers["traceparent"], self.headers["tracestate"]))
        body = b'{"passed": true}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_webhook_is_called_in_the_trace_that_the_rollout_was_started_in(new_server, tmp_path):
    outside = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Outside)
    threading.Thread(target=outside.serve_forever, daemon=True).start()
    server = new_server()
    for number in (1, 2):
        server.cli("model", "push", rollout_models.sound(tmp_path, number), "--name", "churn")
    server.cli("deploy", "churn:1")
    order = {"to": "churn:2", "strategy": "canary", "steps": [10, 100], "hold": "60s",
             "checks": [{"name": "smoke", "webhook": f"http://127.0.0.1:{outside.server_port}/", "every": "1s"}]}
    try:
        status, _, answer = server.request(
            "POST", "/api/v1/spaces/default/deployments/churn/rollouts", order,
            {"traceparent": PARENT, "tracestate": "rojo=00f067aa0ba902b7", "content-type": "application/json"})
        assert status == 201, answer
        wait_until(lambda: len(Outside.seen) >= 2, "two calls", timeout=20)
        parts = [parent.split("-") for parent, _ in Outside.seen]
        assert all((part[0], part[1], part[3]) == ("00", TRACE, "01") for part in parts)
        assert len({part[2] for part in parts} | {PARENT.split("-")[2]}) == len(parts) + 1
        assert {state for _, state in Outside.seen} == {"rojo=00f067aa0ba902b7"}
        # Whoever says nothing of a trace has the calls begin one.
        server.cli("rollout", "abort", "churn")
        Outside.seen.clear()
        assert server.request("POST", "/api/v1/spaces/default/deployments/churn/rollouts", order,
                              {"content-type": "application/json"})[0] == 201
        wait_until(lambda: Outside.seen, "a call", timeout=20)
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", Outside.seen[0][0]) and TRACE not in Outside.seen[0][0]
        assert Outside.seen[0][1] is None
    finally:
        outside.shutdown()
