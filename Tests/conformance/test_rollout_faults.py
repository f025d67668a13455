"""kill -9 in mid-rollout: the same weight, the same window, the same decision; no step lost or taken twice.

A few times by default; with SLIPWAY_SOAK=1 in the environment a hundred times.
"""

import os
import random
import time

import pytest

import rollout_models
from rollout_models import Load

RESTARTS, HOLD = (100, "3s") if os.environ.get("SLIPWAY_SOAK") else (5, "1s")


def step_of(rollout):
    return rollout["step"]["step"] if rollout.get("step") else None


def restart(server):
    """Folder and port are free once the last process of the killed server is gone, which on a busy machine takes a moment."""
    server.kill()
    deadline = time.monotonic() + 30
    while True:
        try:
            return server.start()
        except AssertionError as error:
            if "is in use" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.mark.parametrize("candidate", ["sound", "half_failing"])
def test_kill_9_in_mid_rollout_changes_no_decision(new_server, tmp_path, candidate):
    server = new_server()
    server.cli("model", "push", rollout_models.sound(tmp_path, 1), "--name", "churn")
    server.cli("deploy", "churn:1")
    server.cli("model", "push", getattr(rollout_models, candidate)(tmp_path, 2), "--name", "churn")
    # So many steps that the kills meet holds and changes of weight alike.
    steps, samples = ",".join(str(weight) for weight in range(2, min(2 + 2 * RESTARTS, 50))) + ",100", "1"
    # A failing candidate gets so little that it takes several lives of the server to be sure, and no step passes before.
    if candidate == "half_failing":
        steps, samples = "1,2,100", "30"
    random.seed(7)
    with Load(server, "churn", rate=100, restarts=True) as load:
        server.cli("rollout", "start", "churn", "--to", "churn:2", "--steps", steps, "--hold", HOLD,
                   "--min-samples", samples)
        kills = 0
        while kills < RESTARTS:
            time.sleep(random.uniform(0.3, 1.7))
            before = server.cli_json("rollout", "status", "churn")
            restart(server)
            kills += 1
            after = server.cli_json("rollout", "status", "churn")
            # What was on disk is there; what came after it can only have gone on.
            assert after["steps"][:len(before["steps"])] == before["steps"]
            assert after["servedSeconds"] >= before["servedSeconds"] - 0.001
            if after["state"] == "running" and len(after["steps"]) == len(before["steps"]):
                assert [v["weight"] for v in after["variants"]] == [v["weight"] for v in before["variants"]]
                assert step_of(after) == step_of(before)
                assert all(a["requests"] >= b["requests"] for a, b in zip(after["variants"], before["variants"]))
            if after["state"] not in ("running", "promoted", "rolledBack"):
                raise AssertionError(after)
            if after["state"] != "running":
                break
        deadline = time.monotonic() + 300
        rollout = server.cli_json("rollout", "status", "churn", "--steps")
        while rollout["state"] == "running" and time.monotonic() < deadline and candidate == "half_failing":
            time.sleep(0.5)
            rollout = server.cli_json("rollout", "status", "churn")
    kinds = [step["kind"] for step in rollout["steps"]]
    assert kinds[:2] == ["requested", "began"]
    assert [step["number"] for step in rollout["steps"]] == list(range(1, len(kinds) + 1))
    if candidate == "sound":
        assert set(kinds[2:]) <= {"advanced", "promoted"}, rollout["message"]
        texts = [step["text"].split(":")[0] for step in rollout["steps"] if step["kind"] == "advanced"]
        assert len(set(texts)) == len(texts), "a step was taken twice"
        assert {code for _, code, _ in load.since()} == {200}
    else:
        assert rollout["state"] == "rolledBack", rollout
        assert "errors" in rollout["message"]
    print(f"{kills} restarts, {len(kinds)} steps, {rollout['state']}")
    assert server.json("POST", "/api/v1/verify")[1]["problems"] == []
    assert server.json("POST", "/api/v1/audit/verify")[1]["problems"] == []
