"""Predictions of a ledger made again: what the same version, another version, a broken one and an impatient caller get."""

import http.client
import json
import os
import pathlib
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import numpy
import onnx
import onnxruntime
import pytest
import tritonclient.http as triton

import rollout_models
from recipes import constant, graph, model, node, tensor
from slipway_server import REPOSITORY, resident_bytes

IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"
EVERYTHING = {"ledger": {}}


@pytest.fixture(scope="module")
def tilted(tmp_path_factory):
    """The iris model with one class made likelier than it is."""
    whole = onnx.load(IRIS)
    classifier = next(node for node in whole.graph.node if node.op_type == "LinearClassifier")
    intercepts = next(attribute for attribute in classifier.attribute if attribute.name == "intercepts")
    intercepts.floats[1] += 1.5
    path = tmp_path_factory.mktemp("tilted") / "model.onnx"
    onnx.save(whole, path)
    return path


def flowers(seed, rows):
    source = random.Random(seed)
    ranges = [(4.3, 7.9), (2.0, 4.4), (1.0, 6.9), (0.1, 2.5)]
    return [[round(source.uniform(low, high), 1) for low, high in ranges] for _ in range(rows)]


def features(rows):
    return [{"name": "features", "datatype": "FP32", "shape": [len(rows), 4], "data": [v for row in rows for v in row]}]


def recorded(server, rows_each, path=IRIS, count=60, **options):
    """`server` with version 1 of iris asked `count` times: everything that was asked, by request."""
    server.push_file(path, "iris")
    server.put_deployment("iris", "iris", 1, options={"ledger": options})
    asked = [flowers(number, rows_each) for number in range(count)]
    ask_in_order(server, "iris", map(features, asked))
    return [numpy.array(rows, numpy.float32) for rows in asked]


def ask_in_order(server, endpoint, requests):
    """Over one connection: the rows of one event loop stand in the ledger in their order."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for inputs in requests:
        connection.request("POST", f"/v2/models/{endpoint}/infer", json.dumps({"inputs": inputs}))
        answer = connection.getresponse()
        assert (answer.status, answer.read() and "") == (200, "")
    connection.close()


def four(value):
    return [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [value, 0, 0, 0]}]


def replay(server, version=2, *flags, endpoint="iris", **options):
    return server.cli_json("monitor", "replay", endpoint, "--version", version, *flags, **options)


def lines(server, endpoint="iris", **order):
    """The answer of the management interface, line by line."""
    status, headers, body = server.request(
        "POST", f"/api/v1/spaces/default/deployments/{endpoint}/ledger/replay", order, timeout=120)
    assert status == 200, body
    assert headers["content-type"] == "application/jsonl" and headers["transfer-encoding"] == "chunked"
    return [json.loads(line) for line in body.splitlines()]


def workers(server):
    """Process ids of the workers that are not gone."""
    found = []
    for pid in server.children():
        try:
            if b"model-worker" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
        except OSError:
            continue
    return found


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)
    return value


# What is the same, and what is not ---------------------------------------------------------------------------------


def test_the_same_version_answers_the_same(new_server, models):
    server = new_server()
    recorded(server, 3, count=40)
    report = replay(server, 1)
    assert report["predictions"] == {"count": 40, "equal": 40, "withinTolerance": 0, "apart": 0}
    assert report["rows"]["equal"] == 120
    assert (report["classChanges"], report["failed"], report["skipped"], report["damaged"]) == (0, 0, [], 0)
    assert report["answeredBy"] == [{"version": 1, "predictions": 40}]
    assert [output["largestDifference"] for output in report["outputs"]] == [0, 0]
    assert report["recordedLatency"]["p99"] >= report["recordedLatency"]["p50"] > 0
    assert report["replayedLatency"]["p99"] >= report["replayedLatency"]["p50"] > 0
    text = server.cli("monitor", "replay", "iris", "--version", 1).stdout
    assert "40 looked at, 40 compared" in text and "40 equal, 0 within the tolerance, 0 (0.00%) apart" in text
    assert workers(server) == []


def test_many_trees_answer_within_the_tolerance_whatever_batch_they_were_in(new_server, examples):
    """A row's last bits depend on whom it was computed with."""
    server = new_server()
    server.push_file(examples / "wine-gbdt" / "model.onnx", "wine")
    server.put_deployment(
        "wine", "wine", options={"batching": {"maxBatchSize": 64, "maxDelayMicroseconds": 20_000}, **EVERYTHING})
    (given,) = json.loads((examples / "wine-gbdt" / "request.json").read_text())["inputs"]
    width = given["shape"][1]
    rows = [given["data"][start:start + width] for start in range(0, len(given["data"]), width)]

    def ask(number):
        row = [value * (1 + number % 7 / 50) for value in rows[number % len(rows)]]
        return server.infer("wine", [{**given, "shape": [1, width], "data": row}])[0]

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(ask, range(160))) == {200}
    report = replay(server, 1, endpoint="wine")
    assert (report["predictions"]["count"], report["predictions"]["apart"], report["classChanges"]) == (160, 0, 0)


def test_another_version_differs_as_onnxruntime_says(new_server, tilted, tmp_path):
    server = new_server()
    asked = recorded(server, 5, count=60)
    server.push_file(tilted, "iris")
    path = tmp_path / "rows.jsonl"
    relative, absolute = 0.05, 0.02
    report = replay(server, 2, "--relative", relative, "--absolute", absolute, "--rows", path, "--list", 7)

    sessions = [onnxruntime.InferenceSession(str(model)) for model in (IRIS, tilted)]
    pairs = [[session.run(["label", "probabilities"], {"features": rows}) for session in sessions] for rows in asked]
    labels = [numpy.concatenate([pair[side][0] for pair in pairs]) for side in (0, 1)]
    scores = [numpy.concatenate([pair[side][1] for pair in pairs]).astype(float) for side in (0, 1)]
    difference = numpy.abs(scores[0] - scores[1])
    far = (difference > absolute + relative * numpy.abs(scores[0])).any(axis=1)
    other = labels[0] != labels[1]
    assert 10 < other.sum() < 290 and 10 < far.sum() < 300, "the two models must differ, and not everywhere"

    by_name = {output["name"]: output for output in report["outputs"]}
    assert by_name["label"]["classChanges"] == by_name["label"]["rows"]["apart"] == other.sum()
    assert by_name["probabilities"]["classChanges"] == (scores[0].argmax(1) != scores[1].argmax(1)).sum()
    assert by_name["probabilities"]["rows"]["apart"] == far.sum()
    assert by_name["probabilities"]["largestDifference"] == pytest.approx(difference.max(), abs=1e-6)
    assert by_name["probabilities"]["meanDifference"] == pytest.approx(difference.max(axis=1).mean(), abs=1e-6)
    assert report["rows"]["apart"] == (far | other).sum()
    assert report["predictions"]["apart"] == (far | other).reshape(60, 5).any(axis=1).sum()
    changes = {(change["from"], change["to"]): change["rows"] for change in by_name["label"]["changes"]}
    assert changes == {
        (str(a), str(b)): int(((labels[0] == a) & (labels[1] == b)).sum())
        for a in range(3) for b in range(3) if a != b and ((labels[0] == a) & (labels[1] == b)).any()}
    assert len(report["disagreements"]) == 7

    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["outcome"] == "apart" for row in rows] == list((far | other).reshape(60, 5).any(axis=1))
    for row, (then, now) in zip(rows, pairs):
        outputs = {output["name"]: output for output in row["outputs"]}
        assert outputs["label"]["recorded"] == list(then[0]) and outputs["label"]["replayed"] == list(now[0])
        assert numpy.allclose(outputs["probabilities"]["replayed"], now[1].ravel(), atol=1e-6)
    exported = server.cli("monitor", "export", "iris").stdout.splitlines()
    assert [row["prediction"] for row in rows] == [json.loads(line)["prediction"] for line in exported]


def test_a_query_chooses_the_newest_of_what_it_wants(new_server, tilted):
    server = new_server()
    recorded(server, 1, count=10)
    server.push_file(tilted, "iris")
    server.put_deployment("iris", "iris", 2, options=EVERYTHING)
    for number in range(6):
        assert server.infer("iris", features(flowers(100 + number, 1)))[0] == 200
    assert [a["predictions"] for a in replay(server, 1)["answeredBy"]] == [10, 6]
    assert replay(server, 2, "--versions", "2")["predictions"] == {
        "count": 6, "equal": 6, "withinTolerance": 0, "apart": 0}
    assert replay(server, 2, "--versions", "1,2", "--limit", 8)["answeredBy"] == [
        {"version": 1, "predictions": 2}, {"version": 2, "predictions": 6}]
    assert replay(server, 2, "--from", "2020-01-01", "--to", "2020-01-02")["read"] == 0
    answer = lines(server, version=2, limit=3, rows=True)
    assert [list(line)[0] for line in answer] == ["row", "row", "row", "report"]


@pytest.mark.parametrize(
    "order, field",
    [({}, "version"), ({"version": 0}, "version"), ({"version": 1, "limit": 0}, "limit"),
     ({"version": 1, "from": "yesterday"}, "from"), ({"version": 1, "versions": [0]}, "versions"),
     ({"version": 1, "tolerance": {"relative": -1}}, "tolerance.relative"),
     ({"version": 1, "tolerances": {"labels": {"absolute": 1}}}, "tolerances.labels"),
     ({"version": 1, "listed": 1001}, "listed"), ({"version": 1, "rowes": True}, "rowes")])
def test_an_order_that_means_nothing_is_refused_by_its_field(used, order, field):
    status, answer = used.json("POST", "/api/v1/spaces/default/deployments/iris/ledger/replay", order)
    assert (status, answer["field"]) == (400, field), answer


@pytest.fixture(scope="module")
def used(server):
    recorded(server, 1, count=2)
    return server


def test_versions_and_endpoints_that_are_not_there_are_not_found(used):
    assert used.json("POST", "/api/v1/spaces/default/deployments/iris/ledger/replay", {"version": 9})[0] == 404
    assert used.json("POST", "/api/v1/spaces/default/deployments/rose/ledger/replay", {"version": 1})[0] == 404
    result = used.cli("monitor", "replay", "iris", "--version", 9, check=False)
    assert result.returncode == 1 and "9" in result.stderr


# What cannot be made again -----------------------------------------------------------------------------------------


def test_hashed_and_left_out_inputs_are_counted_with_their_reason(new_server, models):
    server = new_server()
    server.push_file(models / "addsub.onnx", "addsub")
    inputs = [{"name": name, "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]} for name in "ab"]
    for options in ({}, {"hash": ["a"]}, {"exclude": ["b"]}, {"hash": ["sum"]}):
        server.put_deployment("addsub", "addsub", options={"ledger": options})
        assert server.infer("addsub", inputs)[0] == 200
    assert server.infer("addsub", inputs[:1])[0] == 400
    report = replay(server, 1, endpoint="addsub")
    assert (report["read"], report["predictions"]["equal"], report["skippedPredictions"]) == (5, 2, 3)
    assert {skipped["reason"]: skipped["predictions"] for skipped in report["skipped"]} == {
        "not_answered": 1, "hashed": 1, "excluded": 1}
    assert sum(output["leftOut"] for output in report["outputs"]) == 1


def test_predictions_that_do_not_fit_the_version_are_counted(new_server, tmp_path):
    server = new_server()
    server.push_file(rollout_models.sound(tmp_path, 1), "twice")
    server.put_deployment("twice", "twice", 1, options=EVERYTHING)
    ask_in_order(server, "twice", [four(1)] * 4)
    server.push_file(rollout_models.other_input(tmp_path, 2), "twice")
    report = replay(server, 2, endpoint="twice")
    assert report["predictions"]["count"] == 0
    assert report["skipped"] == [
        {"reason": "does_not_fit", "predictions": 4, "example": "the version has no input 'x'"}]


def test_predictions_that_the_version_does_not_answer_are_counted_with_its_words(new_server, tmp_path):
    server = new_server()
    server.push_file(rollout_models.sound(tmp_path, 1), "twice")
    server.put_deployment("twice", "twice", 1, options=EVERYTHING)
    ask_in_order(server, "twice", [four(number % 2) for number in range(10)])
    server.push_file(rollout_models.half_failing(tmp_path, 2), "twice")
    report = replay(server, 2, endpoint="twice")
    assert (report["failed"], report["predictions"]["equal"]) == (5, 5)
    assert sum(failure["predictions"] for failure in report["failures"]) == 5
    assert "indices" in report["failures"][0]["message"]


# What goes wrong ---------------------------------------------------------------------------------------------------


@pytest.fixture
def endless(new_server, tmp_path):
    """A server whose ledger has 9 predictions of which version 2 never ends the fifth."""
    server = new_server()
    server.push_file(rollout_models.sound(tmp_path, 1), "twice")
    server.put_deployment("twice", "twice", 1, options=EVERYTHING)
    ask_in_order(server, "twice", [four(rollout_models.SLOW if number == 4 else 1) for number in range(9)])
    server.push_file(rollout_models.slow_tail(tmp_path, 2, 0, 1 << 60), "twice")
    return server


def begun(server):
    """A replay that is stuck at the fifth prediction, as a raw connection, and the worker that it is in."""
    body = json.dumps({"version": 2, "rows": True}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.request("POST", "/api/v1/spaces/default/deployments/twice/ledger/replay", body)
    answer = connection.getresponse()
    assert answer.status == 200
    line = json.loads(answer.readline())
    assert line["progress"] == {"read": 4, "compared": 4, "apart": 0}
    return connection, answer, workers(server)


def test_a_worker_that_dies_costs_the_prediction_that_it_was_busy_with(endless):
    connection, answer, (worker,) = begun(endless)
    os.kill(worker, signal.SIGKILL)
    rest = [json.loads(line) for line in answer.read().splitlines()]
    connection.close()
    report = rest[-1]["report"]
    assert (report["predictions"]["equal"], report["failed"]) == (8, 1)
    assert report.get("stopped") is None
    assert "it died" in report["failures"][0]["message"] or "killed" in report["failures"][0]["message"]
    assert [line["row"]["outcome"] for line in rest if "row" in line] == ["equal"] * 4 + ["failed"] + ["equal"] * 4
    assert endless.infer("twice", four(1))[0] == 200


def test_a_version_that_dies_again_and_again_ends_the_replay_with_what_there_is(endless):
    ask_in_order(endless, "twice", [four(rollout_models.SLOW)] * 6)
    connection, answer, _ = begun(endless)
    killed = set()
    for _ in range(4):
        worker = until(lambda: [pid for pid in workers(endless) if pid not in killed])[0]
        # One that still loads has nobody's prediction.
        until(lambda: busy(worker))
        os.kill(worker, signal.SIGKILL)
        killed.add(worker)
    rest = [json.loads(line) for line in answer.read().splitlines()]
    connection.close()
    report = rest[-1]["report"]
    assert "died 4 times in a row" in report["stopped"]
    assert report["failed"] >= 4 and report["predictions"]["equal"] == 8
    until(lambda: not workers(endless))


def busy(pid):
    """Whether a process computes: the model's loop needs a processor as long as it runs."""
    def ticks():
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])
    def is_over(end=time.monotonic() + 0.5):
        return time.monotonic() > end

    before = ticks()
    until(is_over)
    return ticks() - before > os.sysconf("SC_CLK_TCK") / 10


def test_a_caller_who_leaves_ends_the_replay_and_its_worker(endless):
    connections = [begun(endless)[0] for _ in range(2)]
    assert len(workers(endless)) == 2
    refused = endless.json("POST", "/api/v1/spaces/default/deployments/twice/ledger/replay", {"version": 2})
    assert refused[0] == 503 and "replays are under way" in refused[1]["error"]
    for connection in connections:
        connection.close()
    # Without anybody's leaving it would go on for a minute.
    until(lambda: not workers(endless), 20)
    assert lines(endless, "twice", version=1)[-1]["report"]["predictions"]["equal"] == 9


def test_a_server_that_stops_ends_its_replays(endless):
    connection, answer, (worker,) = begun(endless)
    endless.process.send_signal(signal.SIGTERM)
    last = json.loads(answer.read().splitlines()[-1])
    assert last["error"]["error"] == "the replay was stopped"
    # A server that stops lingers until its callers close.
    connection.close()
    assert endless.process.wait(40) == 0
    until(lambda: not pathlib.Path(f"/proc/{worker}").exists())


def test_a_long_ledger_does_not_need_its_memory(new_server, tmp_path):
    width = 60_000
    whole = graph("mean", [node("ReduceMean", ["x", "axes"], ["y"], keepdims=1)],
                  [tensor("x", "FP32", ["batch", width])], [tensor("y", "FP32", ["batch", 1])],
                  [constant("axes", numpy.array([1], "i8"))])
    path = tmp_path / "mean.onnx"
    onnx.save(model(whole), path)
    server = new_server()
    server.push_file(path, "mean")
    server.put_deployment("mean", "mean", options=EVERYTHING)

    def ledger():
        return server.json("GET", "/api/v1/spaces/default/deployments/mean/ledger")[1]

    values = numpy.random.default_rng(3).random((1, width), numpy.float32)
    asked = triton.InferInput("x", [1, width], "FP32")
    asked.set_data_from_numpy(values)
    with triton.InferenceServerClient(server.address) as client:
        for number in range(400):
            client.infer("mean", [asked])
            # So that none is dropped because too many wait.
            if number % 20 == 19:
                until(lambda: ledger()["rows"] == number + 1)
    assert ledger()["bytes"] > 90_000_000
    child = max(server.children()[:1] or [server.process.pid])
    pathlib.Path(f"/proc/{child}/clear_refs").write_text("5")
    before = resident_bytes(child)
    report = replay(server, 1, endpoint="mean", timeout=300)
    assert report["predictions"]["equal"] == 400
    assert resident_bytes(child, "VmHWM") - before < 40_000_000


# The gate ----------------------------------------------------------------------------------------------------------

POLICY = """
promotesFrom: [test]
gates:
  - {name: again, kind: replay, lastPredictions: 100, minimumPredictions: 60, maxDisagreement: 0.2, maxClassChanges: 0.02}
"""


def promoted(server, version):
    """The promotion once its gate has ended."""
    asked = server.cli_json("promote", f"iris:{version}", "--from", "test", "--to", "prod", check=False)

    def ended():
        info = server.cli_json("promotion", "show", asked["number"], "--space", "prod")
        return info["state"] != "checking" and info

    return until(ended, 60)


def test_a_promotion_asks_what_production_was_asked(new_server, tilted, tmp_path):
    server = new_server()
    for space in ("test", "prod"):
        server.cli("space", "create", space)
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    server.cli("space", "set-policy", "prod", "--file", policy)
    whole = onnx.load(IRIS)
    whole.doc_string = "the same in other words"
    onnx.save(whole, tmp_path / "alike.onnx")
    for path in (IRIS, tilted, tmp_path / "alike.onnx"):
        server.cli("model", "push", path, "--name", "iris", "--space", "test")

    first = promoted(server, 1)
    assert first["state"] == "applied", first
    assert "nothing to answer like" in first["gates"][0]["summary"]
    server.cli("deploy", "iris:1", "--as", "iris", "--space", "prod", "--ledger-share", "1")
    for number in range(80):
        status, _, body = server.request(
            "POST", "/spaces/prod/v2/models/iris/infer", {"inputs": features(flowers(number, 1))})
        assert status == 200, body

    other = promoted(server, 2)
    gate = other["gates"][0]
    assert (other["state"], gate["outcome"]) == ("failed", "failed"), gate
    figures = {figure["name"]: figure for figure in gate["figures"]}
    assert figures["predictions compared"]["candidate"] == 80
    assert figures["share of rows of another class"]["passed"] is False
    assert any("answered by iris:1" in note for note in gate["notes"])

    alike = promoted(server, 3)
    assert (alike["state"], alike["gates"][0]["outcome"]) == ("applied", "passed"), alike
