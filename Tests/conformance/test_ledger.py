"""The prediction ledger: what real clients asked and were answered is written down, through kill -9 and full disks, and is
exported and deleted again."""

import csv
import io
import json
import re
import struct
import threading
import time

import numpy
import pytest
import tritonclient.http as triton

from slipway_server import REPOSITORY, SlipwayServer
from small_disk import Filler, mounted
from triton_grpc import sync as triton_grpc

IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"
FLOWER = [5.1, 3.5, 1.4, 0.2]
EVERYTHING = {"ledger": {}}


def features(*rows):
    return {"name": "features", "datatype": "FP32", "shape": [len(rows), 4], "data": [v for row in rows for v in row]}


def export(server, endpoint="iris", space="default", **query):
    """The rows of a ledger in the order of their times; those of several event loops are written in any order."""
    path = f"/api/v1/spaces/{space}/deployments/{endpoint}/ledger/rows"
    text = "&".join(f"{name}={value}" for name, value in query.items())
    status, headers, body = server.request("GET", path + ("?" + text if text else ""))
    assert status == 200, body
    assert headers["content-type"] == "application/jsonl" and headers["transfer-encoding"] == "chunked"
    return sorted((json.loads(line) for line in body.splitlines()), key=lambda row: row["time"])


def show(server, endpoint="iris"):
    return server.cli_json("monitor", "show", endpoint)


def recorded(server, **options):
    """`server` with iris deployed and everything written down."""
    server.push_file(IRIS, "iris")
    server.put_deployment("iris", "iris", options={"ledger": options})
    return server


def values(tensors):
    return {tensor["name"]: tensor["data"] for tensor in tensors}


# What is written down ----------------------------------------------------------------------------------------------


def test_nothing_is_written_unless_a_deployment_asks_for_it(new_server):
    server = new_server()
    server.deploy(IRIS, "iris")
    assert server.infer("iris", [features(FLOWER)])[0] == 200
    assert export(server) == []
    report = show(server)
    assert (report["rows"], report["recorded"], report.get("options")) == (0, 0, None)
    assert not (server.data / "ledger").exists()
    assert "slipway_ledger" not in server.request("GET", "/metrics")[2].decode()


def test_every_protocol_is_written_down_as_it_was_asked_and_answered(new_server):
    server = recorded(new_server())
    status, headers, body = server.request(
        "POST", "/v2/models/iris/infer", {"id": "mine", "inputs": [features(FLOWER, FLOWER)]})
    assert status == 200
    asked = triton.InferInput("features", [1, 4], "FP32")
    asked.set_data_from_numpy(numpy.array([FLOWER], numpy.float32))
    with triton.InferenceServerClient(server.address) as client:
        binary = client.infer("iris", [asked], request_id="binary")
    asked = triton_grpc.InferInput("features", [1, 4], "FP32")
    asked.set_data_from_numpy(numpy.array([FLOWER], numpy.float32))
    with triton_grpc.InferenceServerClient(server.grpc_address) as client:
        remote = client.infer("iris", [asked], request_id="grpc")
    assert server.request("POST", "/v1/models/iris:predict", {"instances": [FLOWER]})[0] == 200

    rows = export(server)
    assert [row["request_id"] for row in rows] == ["mine", "binary", "grpc", None]
    assert rows[0]["prediction"] == headers["slipway-prediction-id"]
    assert len({row["prediction"] for row in rows}) == 4
    for row in rows:
        assert (row["space"], row["endpoint"], row["model"], row["version"], row["revision"]) == (
            "default", "iris", "iris", 1, 1)
        assert (row["caller"], row["key"], row["variant"], row["error"]) == ("local", None, None, None)
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", row["time"])
        assert row["latency_ms"] > 0
        count = row["inputs"][0]["shape"][0]
        assert row["inputs"] == [features(*[FLOWER] * count)]
    assert rows[0]["outputs"] == json.loads(body)["outputs"]
    for row, answer in ((rows[1], binary), (rows[2], remote)):
        for name, data in values(row["outputs"]).items():
            assert numpy.array_equal(numpy.array(data, answer.as_numpy(name).dtype), answer.as_numpy(name).ravel())

    report = show(server)
    assert (report["rows"], report["recorded"], report["droppedQueue"], report["droppedDisk"]) == (4, 4, 0, 0)
    metrics = server.request("GET", "/metrics")[2].decode()
    assert 'slipway_ledger_rows_total{space="default",endpoint="iris"} 4' in metrics
    assert 'slipway_ledger_dropped_total{space="default",endpoint="iris",reason="queue"} 0' in metrics


def test_a_row_that_was_written_down_can_be_asked_again(new_server):
    server = recorded(new_server())
    first = server.infer("iris", [features(FLOWER)])[1]
    row = export(server)[0]
    status, again = server.infer("iris", row["inputs"])
    assert (status, again["outputs"]) == (200, first["outputs"])


def test_predictions_that_fail_are_written_whatever_the_share(new_server):
    server = recorded(new_server(), share=0)
    assert server.infer("iris", [features(FLOWER)])[0] == 200
    assert server.infer("iris", [{**features(FLOWER), "shape": [1, 5]}])[0] == 400
    assert server.request("POST", "/v2/models/iris/infer", b"no JSON")[0] == 400
    with triton_grpc.InferenceServerClient(server.grpc_address) as client:
        wrong = triton_grpc.InferInput("other", [1, 4], "FP32")
        wrong.set_data_from_numpy(numpy.array([FLOWER], numpy.float32))
        with pytest.raises(Exception, match="other"):
            client.infer("iris", [wrong])
    rows = export(server)
    assert [row["error"] for row in rows] == ["invalid_request"] * 3
    assert all(row["inputs"] == [] and row["outputs"] == [] for row in rows)
    server.cli("model", "push", IRIS, "--name", "iris")
    server.request("POST", "/v2/repository/models/iris/unload")
    server.infer("iris", [features(FLOWER)])
    assert export(server, errors="true")[-1]["error"] == "unloaded"
    assert values(export(server)[-1]["inputs"])["features"] == FLOWER


def test_a_share_of_many_is_about_that_share(new_server):
    server = recorded(new_server(), share=0.25)
    for _ in range(400):
        assert server.infer("iris", [features(FLOWER)])[0] == 200
    # Six standard deviations either way.
    assert 48 < len(export(server)) < 152


def test_large_outputs_of_a_worker_are_written_and_hold_no_slot(new_server, models):
    server = new_server()
    server.push_file(models / "addsub.onnx", "addsub")
    server.put_deployment("addsub", "addsub", options={"isolation": "worker", "instances": 1, **EVERYTHING})
    rows = 1000
    data = [float(value % 251) for value in range(4 * rows)]
    inputs = [{"name": name, "datatype": "FP32", "shape": [rows, 4], "data": data} for name in "ab"]
    answers = [server.infer("addsub", inputs) for _ in range(30)]
    assert {status for status, _ in answers} == {200}
    written = export(server, "addsub")
    assert len(written) == 30
    assert all(row["outputs"] == answers[0][1]["outputs"] for row in written)


def test_a_tensor_that_is_too_large_is_left_out_and_the_row_says_so(new_server, models):
    server = new_server()
    server.push_file(models / "addsub.onnx", "addsub")
    server.put_deployment("addsub", "addsub", options=EVERYTHING)
    rows = (256 << 10) // 16 + 1
    inputs = []
    for name in "ab":
        tensor = triton.InferInput(name, [rows, 4], "FP32")
        tensor.set_data_from_numpy(numpy.ones((rows, 4), numpy.float32))
        inputs.append(tensor)
    with triton.InferenceServerClient(server.address) as client:
        client.infer("addsub", inputs)
    row = export(server, "addsub")[0]
    for tensor in row["inputs"] + row["outputs"]:
        assert tensor["shape"] == [rows, 4] and tensor["left_out"] == "too large" and "data" not in tensor


def test_what_is_excluded_or_hashed_is_nowhere_in_the_files(new_server, models):
    server = new_server()
    server.push_file(models / "addsub.onnx", "addsub")
    server.put_deployment("addsub", "addsub", options={"ledger": {"exclude": ["a"], "hash": ["b"]}})
    for b in (1234.5, 1234.5, 99.25):
        inputs = [{"name": name, "datatype": "FP32", "shape": [1, 4], "data": [value] * 4}
                  for name, value in (("a", 7777.5), ("b", b))]
        assert server.infer("addsub", inputs)[0] == 200
    first, second, third = export(server, "addsub")
    for row in (first, second, third):
        assert row["inputs"][0]["left_out"] == "excluded" and "data" not in row["inputs"][1]
    assert first["inputs"][1]["hashed"] == second["inputs"][1]["hashed"] != third["inputs"][1]["hashed"]
    assert server.terminate() == 0
    files = list((server.data / "ledger").rglob("*.seg"))
    assert files
    for secret in (7777.5, 1234.5, 99.25):
        for file in files:
            assert numpy.float32(secret).tobytes() not in file.read_bytes()


def test_names_that_the_version_does_not_have_are_refused(new_server):
    server = new_server()
    server.push_file(IRIS, "iris")
    status, answer = server.json(
        "PUT", "/api/v1/spaces/default/deployments/iris",
        {"model": "iris", "options": {"ledger": {"exclude": ["feature"]}}})
    assert (status, answer["field"]) == (400, "ledger.exclude[0]")
    assert "features" in answer["hint"]
    refused = server.cli("deploy", "iris", "--ledger-hash", "features", check=False)
    assert refused.returncode == 64 and "--ledger-share" in refused.stderr


# What becomes of it ------------------------------------------------------------------------------------------------


def test_after_kill_9_everything_older_than_a_second_is_there(new_server):
    server = recorded(new_server())
    answered = []
    stop = threading.Event()

    def ask():
        body = json.dumps({"inputs": [features(FLOWER)]})
        while not stop.is_set():
            try:
                status, headers, _ = server.request("POST", "/v2/models/iris/infer", body)
            except OSError:
                return
            if status == 200:
                answered.append((time.monotonic(), headers["slipway-prediction-id"]))

    callers = [threading.Thread(target=ask) for _ in range(2)]
    for caller in callers:
        caller.start()
    while len(answered) < 200 or answered[-1][0] - answered[0][0] < 2.5:
        time.sleep(0.05)
    killed = time.monotonic()
    server.kill()
    stop.set()
    for caller in callers:
        caller.join()
    server.start()
    rows = export(server)
    there = {row["prediction"] for row in rows}
    old = {prediction for moment, prediction in answered if moment < killed - 1}
    assert len(old) > 50
    assert old <= there
    assert there <= {prediction for _, prediction in answered} or len(there) <= len(answered) + 2
    # A row that was cut off in the middle is told, and nothing else is.
    assert show(server)["damaged"] <= 1
    assert server.infer("iris", [features(FLOWER)])[0] == 200
    assert len(export(server)) == len(rows) + 1


def test_on_a_full_disk_predictions_go_on_and_writing_comes_back(tmp_path):
    with mounted(tmp_path / "disk", "size=24m"):
        server = SlipwayServer(tmp_path / "disk" / "data", log=tmp_path / "small.log")
        server.start()
        try:
            recorded(server)
            assert server.infer("iris", [features(FLOWER)])[0] == 200
            assert show(server)["rows"] == 1
            with Filler(server):
                asked = 0
                # What is left of the last block takes some rows.
                while show(server)["droppedDisk"] < 50:
                    assert server.infer("iris", [features(FLOWER)])[0] == 200
                    asked += 1
                    assert asked < 5000
                full = show(server)
                assert full["recorded"] + full["droppedDisk"] == asked + 1
                assert f'reason="disk"}} {full["droppedDisk"]}' in server.request("GET", "/metrics")[2].decode()
            assert server.infer("iris", [features(FLOWER)])[0] == 200
            after = show(server)
            assert after["rows"] == full["rows"] + 1 and after["damaged"] == 0
            assert len(export(server)) == after["rows"]
        finally:
            server.kill()


def test_a_ledger_outlives_its_deployment(new_server):
    server = new_server()
    server.cli("space", "create", "dev")
    server.push_file(IRIS, "iris", space="dev")
    path = "/api/v1/spaces/dev/deployments/iris"
    assert server.json("PUT", path, {"model": "iris", "options": EVERYTHING})[0] == 200
    assert server.json("POST", "/spaces/dev/v2/models/iris/infer", {"inputs": [features(FLOWER)]})[0] == 200
    assert server.request("DELETE", path)[0] == 200
    assert len(export(server, space="dev")) == 1
    assert server.json("GET", path + "/ledger")[1]["rows"] == 1
    assert server.json("GET", "/api/v1/spaces/dev/deployments/never/ledger")[0] == 404


# The files, read by docs/reference/ledger.md alone -----------------------------------------------------------------


def crc32c(data, before=0):
    value = ~before & 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return ~value & 0xFFFFFFFF


class Fields:
    """Reads little-endian numbers and texts one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def bytes(self, count):
        self.at += count
        assert self.at <= len(self.data)
        return self.data[self.at - count : self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.bytes(struct.calcsize("<" + form)))[0]

    def text(self):
        count = self.number("I")
        return None if count == 0xFFFFFFFF else self.bytes(count).decode()

    def tensors(self):
        found = []
        for _ in range(self.number("I")):
            state, kind, name = self.number("B"), self.number("B"), self.text()
            shape = [self.number("Q") for _ in range(self.number("I"))]
            found.append((state, kind, name, shape, self.bytes(self.number("I"))))
        return found


def test_the_files_are_what_the_reference_says(new_server):
    server = recorded(new_server(), retentionDays=9)
    assert server.infer("iris", [features(FLOWER)], id="mine")[0] == 200
    assert server.infer("iris", [{**features(FLOWER), "shape": [4]}])[0] == 400
    rows = export(server)
    assert len(rows) == 2
    assert server.terminate() == 0
    (path,) = (server.data / "ledger" / "default" / "iris").iterdir()
    mark = int(re.fullmatch(r"0{15}1-([0-9a-f]{8})\.seg", path.name)[1], 16)
    file = Fields(path.read_bytes())
    assert file.bytes(8) == b"SLWLEDG\x01"
    length, _, days, kept = (file.number(form) for form in "IqIQ")
    assert (days, kept, file.text(), file.text(), file.text()) == (9, 1 << 30, "default", "iris", "iris")
    assert file.number("I") == crc32c(file.data[: length - 4]) and file.at == length
    payloads = []
    while file.at < len(file.data):
        assert file.number("I") == mark
        size, checksum = file.number("I"), file.number("I")
        payloads.append(file.bytes(size))
        assert checksum == crc32c(payloads[-1], crc32c(struct.pack("<I", size), mark))
    first, second, end = map(Fields, payloads)
    if first.data[1] != 0:
        first, second = second, first
    assert (first.number("B"), first.number("B")) == (1, 0)
    first.number("q")
    assert f"{first.number('Q'):016x}{first.number('Q'):016x}" == rows[0]["prediction"]
    assert (first.number("I"), first.number("I"), first.number("Q") / 1e6) == (1, 1, rows[0]["latency_ms"])
    assert (first.text(), first.text(), first.text(), first.text()) == ("local", None, None, "mine")
    assert first.tensors() == [(0, 12, "features", [1, 4], numpy.array(FLOWER, numpy.float32).tobytes())]
    assert [tensor[1:4] for tensor in first.tensors()] == [(5, "label", [1]), (12, "probabilities", [1, 3])]
    assert first.at == len(first.data)
    assert (second.number("B"), second.number("B")) == (1, 1)
    assert (end.number("B"), end.number("Q")) == (2, 2)


# Out of it again ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A server with a ledger of fifty predictions in two versions, five of which failed."""
    folder = tmp_path_factory.mktemp("ledger")
    server = SlipwayServer(folder / "data", log=folder / "server.log")
    server.start()
    recorded(server)
    for number in range(45):
        extra = {"id": f"n{number}"}
        assert server.infer("iris", [features([float(number)] * 4)], **extra)[0] == 200
        if number == 30:
            server.cli("model", "push", IRIS, "--name", "iris", "--tag", "second=yes")
            # The same bytes are the same version: another revision is enough.
            server.put_deployment("iris", "iris", options={"ledger": {}, "queueLimit": 77})
    for _ in range(5):
        assert server.infer("iris", [features()], id="bad")[0] in (200, 400)
        server.request("POST", "/v2/models/iris/infer", b"{")
    yield server
    server.kill()


def test_csv_is_csv(used):
    text = used.cli("monitor", "export", "iris", "--format", "csv").stdout
    rows = sorted(csv.DictReader(io.StringIO(text)), key=lambda row: row["time"])
    lines = export(used)
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines):
        assert (row["prediction"], row["error"]) == (line["prediction"], line["error"] or "")
        if line["error"] is None and line["inputs"]:
            assert numpy.array(json.loads(row["input:features"])).ravel().tolist() == line["inputs"][0]["data"]
            assert json.loads(row["output:label"]) == values(line["outputs"])["label"]


def test_a_query_narrows_what_is_exported(used, tmp_path):
    rows = export(used)
    errors = [row for row in rows if row["error"]]
    assert errors and export(used, errors="true") == errors
    middle = rows[20]["time"]
    assert export(used, **{"from": middle}) == [row for row in rows if row["time"] >= middle]
    assert export(used, to=middle) == [row for row in rows if row["time"] < middle]
    assert export(used, version=1) == rows and export(used, version=2) == []
    assert export(used, variant="canary") == []
    assert {row["revision"] for row in rows} == {1, 2}
    file = tmp_path / "out.jsonl"
    said = used.cli("monitor", "export", "iris", "--errors-only", "--file", file).stdout
    assert said.startswith("ledger of iris written to")
    written = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted(written, key=lambda row: row["time"]) == errors
    assert used.cli("monitor", "export", "iris", "--from", "1h").stdout.count("\n") == len(rows)


@pytest.mark.parametrize("query, field", [
    ("format=xml", "format"), ("from=yesterday", "from"), ("version=0", "version"), ("errors=yes", "errors"),
    ("until=2026-01-01", "until"),
])
def test_a_query_that_means_nothing_is_refused(used, query, field):
    status, answer = used.json("GET", f"/api/v1/spaces/default/deployments/iris/ledger/rows?{query}")
    assert (status, answer["field"]) == (400, field)


def test_show_says_what_there_is(used):
    text = used.cli("monitor", "show", "iris").stdout
    assert "ledger on" in text and "ledger of 100%" in text and re.search(r"dropped +none", text)
    gone = used.cli("monitor", "show", "irsi", check=False)
    assert gone.returncode == 1 and "did you mean iris?" in gone.stderr


def test_one_subject_is_forgotten_and_the_audit_does_not_say_which(new_server, models):
    server = new_server()
    server.push_file(models / "addsub.onnx", "addsub")
    server.put_deployment("addsub", "addsub", options={"ledger": {"hash": ["b"]}})
    for number in range(20):
        inputs = [{"name": name, "datatype": "FP32", "shape": [1, 4], "data": [float(value)] * 4}
                  for name, value in (("a", number % 4), ("b", number))]
        assert server.infer("addsub", inputs)[0] == 200
    said = server.cli("monitor", "forget", "addsub", "--field", "a", "--equals", "3").stdout
    assert said == "deleted 5 of 20 predictions with a\n"
    # A hashed field is found by what the value was.
    assert server.cli_json("monitor", "forget", "addsub", "--field", "b", "--equals", "8")["rows"] == 1
    rows = export(server, "addsub")
    assert len(rows) == 14 and not any(3.0 in row["inputs"][0]["data"] for row in rows)
    server.kill()
    server.start()
    assert export(server, "addsub") == rows
    events = server.json("GET", "/api/v1/audit?action=ledger")[1]["items"]
    assert [event["action"] for event in reversed(events)] == ["ledger.forget", "ledger.forgotten"] * 2
    assert json.loads(events[-2]["detail"]) == {"field": "a", "rows": "5"}
