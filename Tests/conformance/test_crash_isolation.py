"""A model that crashes natively takes the server child with it: the supervisor has it answering again at once, and the
journal says whose fault it was."""

import ctypes
import os
import pathlib
import re
import signal
import threading

import numpy
import onnx
import pytest

from recipes import constant, graph, model, node, tensor
from slipway_server import wait_until

LIBC = ctypes.CDLL(None, use_errno=True)
ROUNDS = {"name": "count", "shape": [], "datatype": "INT64", "data": [2**40]}
NUMBERS = {"name": "x", "shape": [4], "datatype": "FP32", "data": [0.0, 1.0, 2.0, 3.0]}
TICKS = 20
"""Hundredths of a second of processor time after which a thread is taken to be the one that runs a model."""


def ticks(pid):
    """Processor time of each thread, in hundredths of a second."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            fields = (task / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(task.name)] = int(fields[11]) + int(fields[12])
    return found


def busy_thread(pid, before, but=()):
    """The thread that has worked since `before`."""
    found = []

    def look():
        found[:] = [
            thread for thread, spent in ticks(pid).items() if spent - before.get(thread, 0) >= TICKS and thread not in but]
        return found

    wait_until(look, "a thread that works")
    return found[0]


def crash(pid, thread, number=signal.SIGSEGV):
    assert LIBC.tgkill(pid, thread, number) == 0, os.strerror(ctypes.get_errno())


def child(server):
    return server.children()[0]


class Running:
    """A prediction that does not end by itself, in the background; its thread in the server is `thread`."""

    def __init__(self, server, endpoint, but=()):
        before = ticks(child(server))
        self.outcome = None
        self.caller = threading.Thread(target=self.ask, args=(server, endpoint), daemon=True)
        self.caller.start()
        self.thread = busy_thread(child(server), before, but)

    def ask(self, server, endpoint):
        try:
            self.outcome = server.infer(endpoint, [ROUNDS, NUMBERS])
        except Exception as error:
            self.outcome = error

    def ended(self):
        self.caller.join(20)
        assert not self.caller.is_alive()
        return self.outcome


def answers_again(server, old, endpoint="bystander"):
    """Within two seconds of the crash, by another process, and with predictions."""

    def answers():
        try:
            inputs = [dict(ROUNDS, data=[1]), NUMBERS]
            status, _ = server.json("POST", f"/v2/models/{endpoint}/infer", {"inputs": inputs}, timeout=2)
            return status == 200 and child(server) != old
        except (OSError, IndexError):
            return False  # the dying process had taken the connection, or there is none at this moment

    wait_until(answers, "an answer", timeout=2)
    server.wait_ready()


def isolation(server, endpoint):
    deployment = server.cli_json("deployment", "show", endpoint)
    return deployment["isolation"], deployment["isolationReason"]


def add_one(server, endpoint, count=3):
    """Whether the endpoint answers, rightly."""
    rounds = dict(ROUNDS, data=[count])
    status, answer = server.infer(endpoint, [rounds, NUMBERS])
    assert status == 200, answer
    assert answer["outputs"][0]["data"] == [value + count for value in NUMBERS["data"]]


@pytest.fixture
def server(new_server, models, examples):
    server = new_server()
    server.push_file(models / "loop_by_input.onnx", "loop")
    server.put_deployment("culprit", "loop")
    other = onnx.load(models / "loop_by_input.onnx")
    other.producer_name = "of other bytes"
    path = server.data.parent / "other.onnx"
    onnx.save(other, path)
    server.push_file(path, "other")
    server.put_deployment("bystander", "other")
    return server


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGBUS, signal.SIGFPE])
def test_the_model_that_crashed_is_moved_and_no_other(server, number):
    old = child(server)
    run = Running(server, "culprit")
    # Another model runs at that very moment: it is not to blame.
    other = Running(server, "bystander", but=[run.thread])
    crash(old, run.thread, number)
    answers_again(server, old)
    assert isinstance(run.ended(), Exception) and isinstance(other.ended(), Exception), "both were cut off"
    kind, reason = isolation(server, "culprit")
    assert kind == "worker"
    assert re.search(rf"crash of the server at 20\S+Z \(signal {int(number)}\) while the model was running", reason)
    assert isolation(server, "bystander") == ("shared", "")
    add_one(server, "culprit")
    add_one(server, "bystander")
    log = server.log_text()
    assert f"(signal {int(number)}); starting it again" in log
    assert "its endpoint moves to worker isolation" in log and "endpoint.name=culprit" in log
    assert "endpoint.name=bystander" not in log


def pool_threads(pid):
    """Threads that the runtime computes with beside the one that asks."""
    return {
        int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
        if (task / "comm").read_text().strip() == "onnxruntime"
    }


def test_a_crash_of_a_models_own_threads_is_that_models_though_others_run_with_threads_too(server):
    old = child(server)
    threads = {"intraOpThreads": 3}
    server.put_deployment("bystander", "other", options=threads)
    others = pool_threads(old)
    server.put_deployment("culprit", "loop", options=threads)
    own = pool_threads(old) - others
    assert len(others) == len(own) == 2
    run = Running(server, "culprit")
    other = Running(server, "bystander", but=[run.thread])
    crash(old, min(own))
    answers_again(server, old)
    assert isinstance(run.ended(), Exception) and isinstance(other.ended(), Exception), "both were cut off"
    assert isolation(server, "culprit")[0] == "worker"
    assert isolation(server, "bystander") == ("shared", "")
    add_one(server, "culprit")
    add_one(server, "bystander")


def test_it_is_remembered_through_a_restart_and_until_a_new_revision(server):
    run = Running(server, "culprit")
    crash(child(server), run.thread)
    server.wait_ready()
    assert isolation(server, "culprit")[0] == "worker"
    assert server.terminate() == 0
    server.start()
    kind, reason = isolation(server, "culprit")
    assert kind == "worker" and "signal 11" in reason
    add_one(server, "culprit")
    status, _, text = server.request("GET", "/api/v1/status")
    assert status == 200 and b"after a crash" in text
    assert "worker" in server.cli("deployment", "show", "culprit").stdout
    server.put_deployment("culprit", "loop", options={"deadlineMilliseconds": 50_000})
    assert isolation(server, "culprit") == ("shared", "")
    add_one(server, "culprit")


def test_every_endpoint_with_the_same_bytes_is_moved(server):
    server.put_deployment("twin", "loop")
    run = Running(server, "twin")
    crash(child(server), run.thread)
    server.wait_ready()
    assert [isolation(server, name)[0] for name in ["culprit", "twin", "bystander"]] == ["worker", "worker", "shared"]


@pytest.mark.parametrize("threads", [1, 3])
def test_a_crash_with_no_model_running_is_nobodys(server, threads):
    # Threads of a model's own are there all the time, whether it runs or not.
    server.put_deployment("culprit", "loop", options={"intraOpThreads": threads})
    add_one(server, "culprit")
    old = child(server)
    crash(old, old)
    answers_again(server, old)
    for name in ["culprit", "bystander"]:
        assert isolation(server, name) == ("shared", "")
        add_one(server, name)
    assert not (server.data / "crashes").exists()


def test_without_a_supervisor_the_next_start_knows(new_server, models):
    server = new_server("data", "--no-supervisor")
    server.push_file(models / "loop_by_input.onnx", "loop")
    server.put_deployment("culprit", "loop")
    before = ticks(server.process.pid)
    caller = threading.Thread(
        target=lambda: pytest.raises(Exception, server.infer, "culprit", [ROUNDS, NUMBERS]), daemon=True)
    caller.start()
    crash(server.process.pid, busy_thread(server.process.pid, before))
    assert server.process.wait(20) == -signal.SIGSEGV
    server.start()
    assert isolation(server, "culprit")[0] == "worker"
    add_one(server, "culprit")


def slow_to_load(path):
    """Seconds of products that the runtime folds away while it loads."""
    width, steps = 1024, 40
    nodes = [node("Expand", ["seed", "square"], ["state_0"])]
    for step in range(steps):
        nodes.append(node("MatMul", [f"state_{step}", f"state_{step}"], [f"product_{step}"]))
        nodes.append(node("Clip", [f"product_{step}", "low", "high"], [f"state_{step + 1}"]))
    nodes += [node("ReduceMax", [f"state_{steps}"], ["most"], keepdims=0), node("Add", ["x", "most"], ["y"])]
    constants = [
        constant("seed", numpy.full((1, 1), 0.5, "f4")), constant("square", numpy.array([width, width], "i8")),
        constant("low", numpy.float32(0)), constant("high", numpy.float32(1)),
    ]
    whole = graph("slow_to_load", nodes, [tensor("x", "FP32", [4])], [tensor("y", "FP32", [4])], constants)
    path.write_bytes(model(whole).SerializeToString())


def test_a_model_that_crashes_while_it_is_loaded_at_the_start_does_not_keep_the_server_down(new_server, tmp_path):
    slow_to_load(tmp_path / "slow.onnx")
    server = new_server()
    server.push_file(tmp_path / "slow.onnx", "slow")
    server.put_deployment("slow", "slow")
    assert server.terminate() == 0
    server.spawn()
    wait_until(server.children, "the server child")
    old = child(server)
    crash(old, busy_thread(old, {}))
    server.wait_ready()
    assert child(server) != old
    kind, reason = isolation(server, "slow")
    assert kind == "worker" and "being loaded" in reason
    status, answer = server.infer("slow", [NUMBERS])
    assert (status, answer["outputs"][0]["data"]) == (200, [1.0, 2.0, 3.0, 4.0])
