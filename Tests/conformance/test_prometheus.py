"""`/metrics` as a real Prometheus (Debian's package) scrapes it, asked through Prometheus' own interface."""

import json
import re
import signal
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

import rollout_models
from slipway_server import REPOSITORY, free_port

PROGRAM = REPOSITORY / ".local" / "prometheus" / "usr" / "bin" / "prometheus"
IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"
KINDS = {"invalid_request", "too_large", "quota", "invalid_input", "failed", "deadline_exceeded", "overloaded",
         "unavailable", "not_ready", "unloaded", "cancelled", "not_encodable"}


class Prometheus:
    """One that looks at `target` four times a second."""

    def __init__(self, folder, target):
        self.port = free_port()
        settings = folder / "prometheus.yml"
        settings.write_text(
            "global: {scrape_interval: 250ms, scrape_timeout: 250ms}\n"
            f"scrape_configs: [{{job_name: slipway, static_configs: [{{targets: ['{target}']}}]}}]\n")
        self.log = (folder / "prometheus.log").open("wb")
        self.process = subprocess.Popen(
            [PROGRAM, f"--config.file={settings}", f"--storage.tsdb.path={folder / 'tsdb'}",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"],
            stdout=self.log, stderr=self.log)

    def get(self, path, **query):
        address = f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, text):
        """The samples of an instant query: [(labels, number)]."""
        return [(sample["metric"], float(sample["value"][1])) for sample in self.get("/api/v1/query", query=text)["result"]]

    def wait(self, text, wanted, timeout=20):
        """Waits until the query gives one sample, and that is what is wanted."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                found = self.query(text)
                if len(found) == 1 and found[0][1] == wanted:
                    return
            except OSError as error:
                found = error
            assert time.monotonic() < deadline, f"{text} is {found} and not {wanted}"
            time.sleep(0.1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


@pytest.fixture
def prometheus(tmp_path):
    assert PROGRAM.exists(), "no Prometheus: run dev/setup test"
    started = []

    def start(server):
        started.append(Prometheus(tmp_path, server.address))
        return started[0]

    yield start
    for one in started:
        one.stop()


def features(*rows):
    return {"name": "features", "datatype": "FP32", "shape": [len(rows), 4], "data": [v for row in rows for v in row]}


def test_a_real_prometheus_finds_every_number(new_server, prometheus):
    server = new_server()
    server.push_file(IRIS, "iris")
    server.put_deployment("iris", "iris", options={"batching": {"maxBatchSize": 8, "maxDelayMicroseconds": 0}})
    flower = [5.1, 3.5, 1.4, 0.2]
    for _ in range(7):
        assert server.infer("iris", [features(flower, flower)])[0] == 200
    for _ in range(3):
        assert server.request("POST", "/v2/models/iris/infer", b"{}")[0] == 400
    at = '{space="default",endpoint="iris",version="1"}'
    watch = prometheus(server)
    watch.wait(f"slipway_requests_total{at}", 10)

    target, = watch.get("/api/v1/targets")["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")
    for name, wanted in {
        "slipway_rows_total": 14, "slipway_endpoint_ready": 1, "slipway_request_duration_seconds_count": 7,
        "slipway_batch_rows_sum": 14, "slipway_batch_rows_count": 7,
    }.items():
        assert watch.query(name + at) == [({"__name__": name, "instance": server.address, "job": "slipway",
                                            "space": "default", "endpoint": "iris", "version": "1"}, wanted)], name
    kinds = {labels["kind"]: count for labels, count in watch.query(f"slipway_request_failures_total{at}")}
    assert set(kinds) == KINDS
    assert {kind: count for kind, count in kinds.items() if count} == {"invalid_request": 3}
    stages = {labels["stage"]: count for labels, count in watch.query(f"slipway_stage_duration_seconds_count{at}")}
    assert stages == {"queue": 7, "compute": 7, "encode": 7}
    # A histogram that Prometheus takes a quantile of: in the bounds, and below the whole.
    whole, = watch.query(f"histogram_quantile(0.99, slipway_request_duration_seconds_bucket{at})")
    compute, = watch.query(
        "histogram_quantile(0.99, slipway_stage_duration_seconds_bucket{endpoint=\"iris\",stage=\"compute\"})")
    assert 0 < compute[1] < 10 and 0 < whole[1] < 10
    # Which revision it is: joined to whatever else is known of the version.
    (labels, count), = watch.query(
        f"slipway_requests_total{at} * on (space, endpoint, version) group_left (revision, variant, model) "
        "slipway_endpoint_info")
    assert (labels["revision"], labels.get("variant"), labels["model"], count) == ("1", None, "iris", 10)
    memory, = watch.query(f"slipway_endpoint_memory_bytes{at}")
    assert memory[1] > 0
    loads = {labels["outcome"]: count for labels, count in watch.query(f"slipway_model_loads_total{at}")}
    assert loads["loaded"] >= 1 and loads["failed"] == 0
    assert watch.query(f"slipway_model_load_seconds_total{at}")[0][1] > 0

    assert server.infer("iris", [features(flower)])[0] == 200
    watch.wait(f"slipway_requests_total{at}", 11)
    # Every name that the page has is documented.
    page = server.request("GET", "/metrics")[2].decode()
    documented = (REPOSITORY / "docs" / "reference" / "metrics.md").read_text()
    missing = [name for name in re.findall(r"^# TYPE (\S+)", page, re.M) if f"`{name}`" not in documented]
    assert missing == []


def test_variants_of_a_rollout_are_told_apart(new_server, prometheus, tmp_path):
    server = new_server()
    for number in (1, 2):
        server.cli("model", "push", rollout_models.sound(tmp_path, number), "--name", "churn")
    server.cli("deploy", "churn:1")
    server.cli("rollout", "start", "churn", "--to", "churn:2", "--strategy", "ab", "--weight", "30")
    body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [0, 0, 0, 0]}]}
    for name, count in (("stable", 3), ("b", 2)):
        for _ in range(count):
            assert server.request("POST", "/v2/models/churn/infer", body, {"slipway-variant": name})[0] == 200
    watch = prometheus(server)
    watch.wait('slipway_requests_total{version="2"}', 2)
    found = watch.query(
        "sum by (version, variant) (slipway_requests_total * on (space, endpoint, version) group_left (variant) "
        "slipway_endpoint_info)")
    assert {(labels["version"], labels["variant"]): count for labels, count in found} == {
        ("1", "stable"): 3, ("2", "b"): 2}
