"""Models that are not in memory: scale to zero and back, a memory budget, restarts, and faults on the way."""

import concurrent.futures
import os
import pathlib
import re
import signal
import threading

import numpy
import onnx
import pytest

from recipes import constant, graph, model, node, tensor
from slipway_server import wait_gone, wait_until

MEGABYTE = 1 << 20
FLOATS = 5 * MEGABYTE  # 20 MB of weights


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Five models of 20 MB; number n adds n to what is found in its table."""
    folder = tmp_path_factory.mktemp("large")
    table = numpy.random.default_rng(3).random(FLOATS, dtype=numpy.float32)
    for number in range(1, 6):
        table[:100] = numpy.arange(100) + number
        made = model(
            graph(
                "table", [node("Gather", ["table", "row"], ["y"])], [tensor("row", "INT64", ["n"])],
                [tensor("y", "FP32", ["n"])], [constant("table", table)]), check=False)
        onnx.save(made, folder / f"{number}.onnx")
    return folder


def deploy(server, large, number, **options):
    server.push_file(large / f"{number}.onnx", f"m{number}")
    server.put_deployment(f"m{number}", f"m{number}", options=options)


def ask(server, number, row=7):
    status, answer = server.infer(f"m{number}", [{"name": "row", "datatype": "INT64", "shape": [1], "data": [row]}])
    assert status == 200, answer
    return answer["outputs"][0]["data"][0] - number


def state(server, number):
    return server.json("GET", f"/api/v1/spaces/default/deployments/m{number}")[1]["state"]


def metric(server, name, **labels):
    text = server.request("GET", "/metrics")[2].decode()
    for line in text.splitlines():
        if line.startswith(name) and all(f'{key}="{value}"' in line for key, value in labels.items()):
            return float(line.rsplit(" ", 1)[1])
    raise AssertionError(f"no {name} in the metrics")


def resident(server):
    text = server.request("GET", "/metrics")[2].decode()
    return sorted(re.findall(r'slipway_endpoint_resident\{.*endpoint="(\w+)".*\} 1', text))


def server_child(server):
    return next(pid for pid in server.children()
                if b"serve-child" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())


def test_scale_to_zero_and_back(new_server, large):
    server = new_server()
    deploy(server, large, 1, minInstances=0, idleSeconds=1)
    assert ask(server, 1) == 7
    for _ in range(2):
        wait_until(lambda: state(server, 1) == "idle", "scale to zero")
        assert resident(server) == []
        assert metric(server, "slipway_model_memory_bytes") == 0
        # It will answer, and says so.
        assert server.json("GET", "/v2/models/m1/ready")[0] == 200
        assert server.json("POST", "/v2/repository/index", {"ready": True})[1][0]["state"] == "READY"
        assert "idle" in server.cli("status").stdout
        # Many at once: one load, and every one of them is answered.
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            assert list(pool.map(lambda row: ask(server, 1, row), range(16))) == list(range(16))
        assert state(server, 1) == "ready"


def test_what_was_idle_is_not_loaded_by_a_restart_but_by_a_request(new_server, large):
    server = new_server()
    deploy(server, large, 1, minInstances=0)
    deploy(server, large, 2)
    assert resident(server) == ["m1", "m2"]
    assert server.terminate() == 0
    server.start()
    assert state(server, 1) == "idle"
    assert resident(server) == ["m2"]
    assert ask(server, 1) == 7
    assert resident(server) == ["m1", "m2"]


def test_models_share_a_memory_budget_and_every_request_is_answered_right(new_server, large):
    budget = 70 * MEGABYTE
    server = new_server("data", "--memory-budget-bytes", str(budget))
    for number in range(1, 6):
        deploy(server, large, number)
    assert 1 <= len(resident(server)) <= 3
    # The last one asked is there, the one before it stays if both fit.
    for number in (4, 2, 5):
        assert ask(server, number) == 7
        assert f"m{number}" in resident(server)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        wanted = [1 + (step * 7) % 5 for step in range(60)]
        assert list(pool.map(lambda number: ask(server, number, number), wanted)) == wanted
    wait_until(lambda: metric(server, "slipway_model_memory_bytes") <= budget, "memory within the budget")
    assert metric(server, "slipway_memory_budget_bytes") == budget
    # After a restart as many are loaded as fit, and the others come when they are asked for.
    assert server.terminate() == 0
    server.start()
    assert 1 <= len(resident(server)) <= 3
    assert [ask(server, number) for number in range(1, 6)] == [7] * 5


def test_a_model_beyond_the_budget_is_refused_and_nothing_changes(new_server, large, examples):
    server = new_server("data", "--memory-budget-bytes", str(19 * MEGABYTE))
    server.push_file(large / "1.onnx", "m1")
    server.deploy(examples / "iris" / "model.onnx", "iris")
    status, answer = server.json("PUT", "/api/v1/spaces/default/deployments/m1", {"model": "m1"})
    assert status != 200
    assert re.search(r"about 2\d{7} bytes.*memory_budget_bytes is 19922944", answer["error"])
    assert server.json("GET", "/api/v1/spaces/default/deployments/m1")[0] == 404
    assert server.json("GET", "/v2/models/iris/ready")[0] == 200


def test_a_model_that_cannot_come_back_says_why_and_does_when_it_is_repaired(new_server, large):
    server = new_server()
    deploy(server, large, 1, minInstances=0, idleSeconds=1)
    wait_until(lambda: state(server, 1) == "idle", "scale to zero")
    stored = [path for part in ("blobs", "artifacts") for path in (server.data / part).rglob("*")
              if path.is_file() and path.stat().st_size > MEGABYTE]
    assert stored
    for path in stored:
        path.chmod(0o600)
        with path.open("r+b") as file:
            file.seek(MEGABYTE)
            file.write(b"\0" * 4096)
    for _ in range(3):
        status, answer = server.infer("m1", [{"name": "row", "datatype": "INT64", "shape": [1], "data": [7]}])
        assert status == 503
        assert "digest mismatch" in answer["error"]
    assert server.json("GET", "/v2/models/m1/ready")[0] == 503
    assert server.json("GET", "/v2/health/ready")[0] == 200
    assert server.log_text().count("model cannot be loaded") < 3
    server.push_file(large / "1.onnx", "m1")

    def answers():
        status, answer = server.infer("m1", [{"name": "row", "datatype": "INT64", "shape": [1], "data": [7]}])
        return status == 200 and answer["outputs"][0]["data"] == [8]

    wait_until(answers, "the repaired model", timeout=20)


def test_a_server_killed_while_a_request_waits_for_its_model_comes_back_whole(new_server, large):
    server = new_server()
    for number in (1, 2, 3):
        deploy(server, large, number, minInstances=0)
    assert server.terminate() == 0
    server.start()
    for number in (1, 2, 3):
        assert state(server, number) == "idle"
        asking = threading.Thread(target=lambda: server_ignoring_the_end(server, number))
        asking.start()
        child = server_child(server)
        os.kill(child, signal.SIGKILL)
        wait_gone(child)
        asking.join(30)
        server.wait_ready()
        assert ask(server, number) == 7


def server_ignoring_the_end(server, number):
    try:
        ask(server, number)
    except (OSError, AssertionError, ConnectionError):
        pass


def test_going_back_to_the_version_before_loads_nothing(new_server, large):
    server = new_server()
    server.push_file(large / "1.onnx", "m")
    server.push_file(large / "2.onnx", "m")
    server.put_deployment("m", "m", version=1)
    one = metric(server, "slipway_model_memory_bytes")
    server.put_deployment("m", "m", version=2)
    both = metric(server, "slipway_model_memory_bytes")
    assert both >= one + FLOATS * 4
    # What was kept answers even where its files are gone.
    for path in (server.data / "artifacts").iterdir():
        for file in path.rglob("*"):
            file.unlink()
    for version in (1, 2, 1):
        server.put_deployment("m", "m", version=version)
        status, answer = server.infer("m", [{"name": "row", "datatype": "INT64", "shape": [1], "data": [7]}])
        assert (status, answer["outputs"][0]["data"]) == (200, [7 + version])


def test_the_version_before_leaves_after_its_time(new_server, large):
    server = new_server(env={"SLIPWAY_KEEP_SUPERSEDED_SECONDS": "1"})
    server.push_file(large / "1.onnx", "m")
    server.push_file(large / "2.onnx", "m")
    server.put_deployment("m", "m", version=1)
    one = metric(server, "slipway_model_memory_bytes")
    server.put_deployment("m", "m", version=2)
    wait_until(lambda: metric(server, "slipway_model_memory_bytes") < 1.5 * one, "the end of the version before")


def test_expected_answers_of_golden_inputs_are_checked_at_every_load(new_server, large, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.onnx").write_bytes((large / "1.onnx").read_bytes())
    (folder / "golden.json").write_text(
        '[{"inputs": [{"name": "row", "datatype": "INT64", "shape": [1], "data": [7]}],'
        ' "expected": [{"name": "y", "data": [8]}]}]')
    server = new_server()
    server.cli("model", "push", folder, "--name", "m1")
    server.put_deployment("m1", "m1", options={"minInstances": 0, "idleSeconds": 1})
    wait_until(lambda: state(server, 1) == "idle", "scale to zero")
    assert ask(server, 1) == 7


def niceness(pid):
    """The nice values of a process's threads, highest first."""
    values = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            text = (task / "stat").read_text()
        except FileNotFoundError:
            continue
        # Behind the name, which may hold anything: state is the first field, nice the seventeenth.
        values.append(int(text.rsplit(") ", 1)[1].split()[16]))
    return sorted(values, reverse=True)


@pytest.mark.parametrize("options", [{"intraOpThreads": 4}, {"isolation": "worker"}], ids=str)
def test_what_serves_does_not_inherit_the_priority_of_loading(new_server, large, options):
    server = new_server("data", "--no-supervisor")
    deploy(server, large, 1, **options)
    assert ask(server, 1) == 7
    # The loading threads end when they have had nothing to do for a while.
    wait_until(lambda: max(niceness(server.process.pid)) == 0, "the end of the loading threads", timeout=30)
    # For root, libdispatch gives its threads a little more than the ordinary priority, which others inherit.
    assert all(max(niceness(pid)) <= 0 for pid in server.children())
    assert ask(server, 1) == 7
