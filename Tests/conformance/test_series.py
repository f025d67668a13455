"""The built-in time series: what an endpoint did is there by seconds, minutes and hours, through restarts, kill -9, full
disks and clocks that jump, and is shown on the command line."""

import datetime
import json
import pathlib
import shutil
import subprocess
import time

import pytest

import rollout_models
from slipway_server import REPOSITORY, SlipwayServer, wait_until
from small_disk import Filler, mounted

IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"
FLOWER = [5.1, 3.5, 1.4, 0.2]


def features(*rows):
    return {"name": "features", "datatype": "FP32", "shape": [len(rows), 4], "data": [v for row in rows for v in row]}


def series(server, endpoint="iris", **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    status, answer = server.json("GET", f"/api/v1/spaces/default/deployments/{endpoint}/series" + ("?" + text if text else ""))
    assert status == 200, answer
    return answer


def requests(server, **query):
    return series(server, **query)["total"]["requests"]


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def ask(server, count, status=200, endpoint="iris"):
    for _ in range(count):
        assert server.infer(endpoint, [features(FLOWER, FLOWER)])[0] == status


@pytest.fixture
def iris(new_server):
    server = new_server()
    server.push_file(IRIS, "iris")
    server.put_deployment("iris", "iris")
    return server


def test_what_an_endpoint_did_is_there_by_seconds_minutes_and_hours(iris):
    began = time.time()
    ask(iris, 20)
    for _ in range(4):
        assert iris.request("POST", "/v2/models/iris/infer", b"{}")[0] == 400
    wait_until(lambda: requests(iris) == 24, "24 requests")
    for step in (1, 60, 3600):
        answer = series(iris, step=step, **({"from": moment(began - 600)} if step == 1 else {}))
        total = answer["total"]
        assert (total["requests"], total["failures"], total["errors"], total["rows"]) == (24, 4, 0, 40), step
        assert (total["kinds"], total["runs"]) == ({"invalid_request": 4}, 20)
        assert total["latency"]["p50"] <= total["latency"]["p90"] <= total["latency"]["p99"]
        assert total["loads"] == 1 and total["memoryBytes"] > 0
        assert answer["step"] == step
        times = [point["time"] for point in answer["points"]]
        assert times == sorted(times) and times[0] == answer["from"] and answer["to"] > times[-1]
        assert sum(point["counts"]["requests"] for point in answer["points"] if "counts" in point) == 24
        (version,) = answer["versions"]
        assert (version["version"], version["revision"], version.get("variant")) == (1, 1, None)
        assert version["counts"] == total
    # The figures of the whole agree with those that the server has of itself.
    shown = iris.cli_json("deployment", "show", "iris")
    total = series(iris)["total"]
    assert (shown["p50Milliseconds"], shown["p99Milliseconds"]) == (total["latency"]["p50"], total["latency"]["p99"])
    only = series(iris, metric="requests,latency")["total"]
    assert set(only) == {"requests", "failures", "errors", "kinds", "latency"}
    assert series(iris, version=2)["total"]["requests"] == 0


def test_variants_of_a_rollout_are_told_apart(new_server, tmp_path):
    server = new_server()
    for number in (1, 2):
        server.cli("model", "push", rollout_models.sound(tmp_path, number), "--name", "churn")
    server.cli("deploy", "churn:1")
    server.cli("rollout", "start", "churn", "--to", "churn:2", "--strategy", "ab", "--weight", "30")
    body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [0, 0, 0, 0]}]}
    for name, count in (("stable", 3), ("b", 2)):
        for _ in range(count):
            assert server.request("POST", "/v2/models/churn/infer", body, {"slipway-variant": name})[0] == 200
    wait_until(lambda: series(server, "churn")["total"]["requests"] == 5, "5 requests")
    found = {(one["version"], one["variant"]): one["counts"]["requests"] for one in series(server, "churn")["versions"]
             if one["counts"]["requests"]}
    assert found == {(1, "stable"): 3, (2, "b"): 2}
    assert series(server, "churn", variant="b")["total"]["requests"] == 2
    text = server.cli("monitor", "show", "churn").stdout
    assert "2 b (revision" in text and "1 stable (revision" in text, text


def test_wrong_questions_are_refused_by_name(iris):
    path = "/api/v1/spaces/default/deployments/iris/series"
    for query, field, words in [
        ("step=0", "step", "number of seconds from 1"), ("step=x", "step", "got 'x'"), ("from=yesterday", "from", "UTC"),
        ("metric=requests,speed", "metric", "got 'speed'"), ("variants=b", "variants", "means nothing"),
        ("from=2026-01-02&to=2026-01-01", "from", "before"), (f"from={moment(time.time() - 86400)}&step=1", "step", "points"),
        (f"from={moment(time.time() - 7 * 86400)}&step=300", "step", "kept for 24 h"),
        ("step=9223372036854775807", "step", "got 9223372036854775807"),
    ]:
        status, answer = iris.json("GET", f"{path}?{query}")
        assert status == 400 and answer["field"] == field and words in json.dumps(answer), (query, answer)
    assert iris.json("GET", "/api/v1/spaces/default/deployments/none/series")[0] == 404


def test_nothing_older_than_a_second_is_lost_by_kill_9(iris):
    for round in range(3):
        ask(iris, 10)
        wait_until(lambda: requests(iris) == 10 * (round + 1), f"{10 * (round + 1)} requests")
        iris.kill()
        iris.start()
    for step in (1, 60, 3600):
        assert requests(iris, step=step, **({"from": moment(time.time() - 900)} if step == 1 else {})) == 30
    # And an orderly stop loses nothing at all.
    ask(iris, 5)
    assert iris.terminate() == 0
    iris.start()
    assert requests(iris) == 35


def test_a_file_that_is_cut_or_damaged_is_read_as_far_as_it_goes(iris):
    ask(iris, 10)
    wait_until(lambda: requests(iris) == 10, "10 requests")
    iris.kill()
    folder = iris.data / "series" / "default" / "iris"
    (file,) = folder.glob("seconds-*.seg")
    file.write_bytes(file.read_bytes()[:-1])
    iris.start()
    lost = 10 - requests(iris)
    assert 0 < lost <= 10
    ask(iris, 4)
    wait_until(lambda: requests(iris) == 14 - lost, f"{14 - lost} requests")
    assert len(list(folder.glob("seconds-*.seg"))) == 2


def test_a_full_disk_costs_no_minutes(tmp_path):
    with mounted(tmp_path / "disk", "size=24m") as disk:
        server = SlipwayServer(disk / "data", log=tmp_path / "server.log")
        server.start()
        try:
            server.push_file(IRIS, "iris")
            server.put_deployment("iris", "iris")
            ask(server, 5)
            wait_until(lambda: requests(server) == 5, "5 requests")
            with Filler(server):
                ask(server, 7)
                wait_until(lambda: requests(server) == 12, "12 requests")
            ask(server, 1)
            wait_until(lambda: requests(server) == 13, "13 requests")
            server.kill()
            server.start()
            assert requests(server) == 13
        finally:
            server.kill()


def test_a_clock_that_jumps_an_hour_loses_and_doubles_nothing(new_server, tmp_path):
    """The server's own clock, set by a preloaded library from a file: an hour ahead, then back."""
    library = tmp_path / "clock.so"
    source = pathlib.Path(__file__).parent / "jumping_clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    offset = tmp_path / "offset"
    offset.write_text("0")
    server = new_server(env={"LD_PRELOAD": str(library), "JUMPING_CLOCK": str(offset)})
    server.push_file(IRIS, "iris")
    server.put_deployment("iris", "iris")

    def total():
        now = time.time()
        return requests(server, **{"from": moment(now - 3 * 3600), "to": moment(now + 3 * 3600), "step": 3600})

    expected = 0
    for jump in (0, 3600, 0, -3600, 0):
        offset.write_text(str(jump))
        ask(server, 10)
        expected += 10
        wait_until(lambda: total() == expected, f"{expected} requests")
    server.kill()
    server.start()
    assert total() == expected
    hours = [point["counts"]["requests"] for point in series(
        server, **{"from": moment(time.time() - 2 * 3600), "to": moment(time.time() + 2 * 3600), "step": 3600})["points"]
        if "counts" in point]
    assert sum(hours) == 50 and len(hours) >= 3


def test_the_command_line_shows_the_last_hour_and_day(iris):
    ask(iris, 9)
    assert iris.request("POST", "/v2/models/iris/infer", b"{}")[0] == 400
    wait_until(lambda: requests(iris) == 10, "10 requests")
    text = iris.cli("monitor", "show", "iris").stdout
    for label in ("last hour", "last day"):
        (line,) = [line for line in text.splitlines() if line.strip().startswith(label)]
        assert "10 requests" in line and "no errors" in line and "1 refused" in line and "p99" in line, text
    report = iris.cli_json("monitor", "show", "iris")
    assert report["lastHour"]["total"]["requests"] == report["lastDay"]["total"]["requests"] == 10
    assert (report["lastHour"]["step"], report["lastDay"]["step"]) == (60, 1800)
    # The ledger's fields are where they were.
    assert (report["rows"], report["endpoint"]) == (0, "iris")


def test_series_outlive_the_deployment(iris):
    ask(iris, 6)
    wait_until(lambda: requests(iris) == 6, "6 requests")
    iris.cli("deployment", "delete", "iris")
    assert requests(iris) == 6
    assert iris.terminate() == 0
    iris.start()
    assert requests(iris) == 6 and (iris.data / "series" / "default" / "iris").is_dir()


def test_a_copy_of_the_folder_has_its_series(iris, tmp_path):
    ask(iris, 3)
    wait_until(lambda: requests(iris) == 3, "3 requests")
    assert iris.terminate() == 0
    copy = tmp_path / "copy"
    shutil.copytree(iris.data, copy)
    again = SlipwayServer(copy, log=tmp_path / "again.log")
    again.start()
    try:
        assert requests(again) == 3
    finally:
        again.kill()
