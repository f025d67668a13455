"""Candidates that do not fail requests but processes: the server's own, or the one that they run in."""

import contextlib
import json
import os
import signal
import time

import onnx
import pytest

from slipway_server import wait_until
from test_crash_isolation import NUMBERS, ROUNDS, Running, add_one, answers_again, child, crash
from test_worker import workers


@pytest.fixture
def pushed(new_server, models, tmp_path):
    """A server with `loop:1` and `loop:2`, which answer alike; the input says how long they take."""
    server = new_server()
    server.push_file(models / "loop_by_input.onnx", "loop")
    other = onnx.load(models / "loop_by_input.onnx")
    other.producer_name = "of other bytes"
    onnx.save(other, tmp_path / "other.onnx")
    server.push_file(tmp_path / "other.onnx", "loop")
    return server


@pytest.fixture
def server(pushed):
    """`loop:1` serves at `loop`."""
    pushed.cli("deploy", "loop:1")
    return pushed


class RunningAt(Running):
    """A prediction without end, of the variant that `label` names."""

    def __init__(self, server, endpoint, label):
        self.label = label
        super().__init__(server, endpoint)

    def ask(self, server, endpoint):
        try:
            self.outcome = server.json(
                "POST", f"/v2/models/{endpoint}/versions/{self.label}/infer", {"inputs": [ROUNDS, NUMBERS]})
        except Exception as error:
            self.outcome = error


def status(server):
    return server.cli_json("rollout", "status", "loop")


def ended(server):
    wait_until(lambda: status(server)["state"] != "running", "the end of the rollout", timeout=30)
    return status(server)


def bring_down(server, label):
    """Lets the version crash the server's process, which is replaced."""
    old = child(server)
    run = RunningAt(server, "loop", label)
    crash(old, run.thread)
    answers_again(server, old, "loop")
    assert isinstance(run.ended(), Exception), "it was cut off"


def kill_workers_until_the_end(server, but=None):
    """The rollout, rolled back."""
    deadline = time.monotonic() + 30
    while status(server)["state"] == "running":
        assert time.monotonic() < deadline, status(server)
        for pid in workers(server):
            if pid != but:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    rollout = status(server)
    assert rollout["state"] == "rolledBack", rollout
    return rollout


@pytest.mark.parametrize("flags", [
    ("--steps", "1,50", "--hold", "1h"), ("--strategy", "ab", "--weight", "50"), ("--strategy", "shadow")])
def test_a_candidate_that_brings_the_server_down_ends_its_rollout(server, flags):
    server.cli("rollout", "start", "loop", "--to", "loop:2", *flags)
    bring_down(server, "v:2")
    rollout = ended(server)
    assert rollout["state"] == "rolledBack"
    assert "loop:2 brought the server down at 20" in rollout["message"], rollout["message"]
    assert "(signal 11) while it was running" in rollout["message"]
    if rollout["strategy"] != "shadow":
        assert rollout["verdict"] == "fail" and rollout["evidence"] == rollout["message"]
    add_one(server, "loop")
    live = server.cli_json("deployment", "show", "loop")
    assert (live["version"], live["isolation"]) == (1, "shared")
    events = server.json("GET", "/api/v1/audit?subject=loop")[1]["items"]
    rollback = next(event for event in events if event["action"] == "rollout.rollback")
    assert json.loads(rollback["detail"])["evidence"] == rollout["message"], rollback
    assert server.json("POST", "/api/v1/audit/verify")[1]["problems"] == []


def test_a_version_that_brings_the_server_down_while_it_is_watched_is_taken_back(server):
    server.cli("deploy", "loop:2", "--watch", "10m")
    bring_down(server, "v:2")
    wait_until(lambda: status(server)["state"] == "rolledBack", "the way back", timeout=30)
    history = server.cli_json("deployment", "history", "loop")
    assert [(revision["action"], revision["version"]) for revision in history[:2]] == [("rollback", 1), ("deploy", 2)]
    assert "loop:2 brought the server down" in history[0]["evidence"]
    add_one(server, "loop")


def test_the_version_that_serves_bringing_the_server_down_is_not_held_against_the_candidate(server):
    server.cli("rollout", "start", "loop", "--to", "loop:2", "--steps", "1,50", "--hold", "1h")
    bring_down(server, "stable")
    time.sleep(4)  # some turns of the loop that looks after rollouts
    assert status(server)["state"] == "running"
    assert server.cli_json("deployment", "show", "loop")["isolation"] == "worker"


def test_after_a_crash_the_candidate_may_be_tried_again_in_a_process_of_its_own(server):
    flags = ("--to", "loop:2", "--steps", "1,50", "--hold", "1h")
    server.cli("rollout", "start", "loop", *flags)
    bring_down(server, "v:2")
    assert ended(server)["state"] == "rolledBack"
    time.sleep(1.1)  # crashes are known to the second
    server.cli("rollout", "start", "loop", *flags)
    time.sleep(4)
    assert status(server)["state"] == "running"
    assert len(workers(server)) == 1, "the candidate has a process of its own"
    # There it can only take that down; and when it keeps doing so, it goes.
    rollout = kill_workers_until_the_end(server)
    assert "loop:2 does not run: its worker died" in rollout["message"], rollout["message"]
    add_one(server, "loop")


def test_a_candidate_whose_worker_keeps_dying_ends_its_rollout(pushed):
    server = pushed
    server.put_deployment("loop", "loop", version=1, options={"isolation": "worker"})
    wait_until(lambda: len(workers(server)) == 1, "the worker of the version that serves")
    stable = workers(server)[0]
    server.cli("rollout", "start", "loop", "--to", "loop:2", "--steps", "1,50", "--hold", "1h")
    rollout = kill_workers_until_the_end(server, but=stable)
    assert "loop:2 does not run: its worker died" in rollout["message"], rollout["message"]
    assert stable in workers(server)
    add_one(server, "loop")
