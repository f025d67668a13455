"""Retraining: rules begin runs, runs push versions, versions go on through gates and rollouts; on a real server with real
commands."""

import csv
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
import yaml

import rollout_models
from slipway_server import REPOSITORY, wait_gone, wait_until
from webhook_receiver import Receiver, data

PUSH = ["sh", "-c", 'slipway model push "$0" --name "$SLIPWAY_MODEL" --metric accuracy=0.9', "MODEL"]


@pytest.fixture
def server(new_server):
    return new_server("data", "--allow-commands")


@pytest.fixture
def versions(tmp_path):
    """Three versions of one model."""
    folder = tmp_path / "models"
    folder.mkdir()
    return [rollout_models.sound(folder, number) for number in (1, 2, 3)]


def deploy(server, versions, space=None):
    flags = ["--space", space] if space else []
    server.cli("model", "push", versions[0], "--name", "churn", *flags)
    server.cli("deploy", "churn", *flags)


def rule(name="again", command=None, **members):
    return {"name": name, "command": command or ["true"], "coolDown": "0s"} | members


def set_rules(server, *rules, endpoint="churn", check=True, space=None, env=None):
    text = json.dumps({"retraining": list(rules)})
    flags = ["--space", space] if space else []
    return server.cli("monitor", "set", endpoint, "--file", "-", *flags, input=text, check=check, env=env)


def push_of(path):
    """A command that pushes a file as the run's version."""
    return [*PUSH[:-1], str(path)]


def start(server, *flags, endpoint="churn"):
    return server.cli_json("retraining", "start", endpoint, *flags)


def show(server, run, space=None):
    return server.cli_json("retraining", "show", run, *(["--space", space] if space else []))


def wait_for(server, run, *states, timeout=180, space=None):
    deadline = time.monotonic() + timeout
    while True:
        info = show(server, run, space)
        if info["state"] in states:
            return info
        assert time.monotonic() < deadline, json.dumps(info)
        time.sleep(0.05)


def ended(server, run, timeout=180, space=None):
    return wait_for(
        server, run, "succeeded", "failed", "cancelled", "timedOut", "interrupted", timeout=timeout, space=space)


def log(server, run):
    return server.cli("retraining", "log", run).stdout


def wait_follow_up(server, run, state, timeout=180, space=None):
    deadline = time.monotonic() + timeout
    while True:
        info = show(server, run, space)
        if info.get("followUp", {}).get("state") == state:
            return info
        assert info.get("followUp", {}).get("state") != "refused", json.dumps(info)
        assert time.monotonic() < deadline, json.dumps(info)
        time.sleep(0.05)


def audit(server, action):
    """The events of an action, newest first, with their detail as values."""
    events = server.cli_json("audit", "list", "--action", action)
    return [event | {"detail": json.loads(event["detail"])} for event in events]


# Runs


def test_a_run_pushes_a_version_and_the_version_names_the_run(server, versions):
    deploy(server, versions)
    set_rules(server, rule(command=push_of(versions[1])))
    run = start(server, "--reason", "to see it")
    assert (run["run"], run["rule"], run["causeKind"]) == (1, "again", "request")
    assert run["state"] in ("queued", "running")
    info = ended(server, 1)
    assert (info["state"], info["exitCode"], info["version"]) == ("succeeded", 0, 2), (info, log(server, 1))
    assert "pushed churn:2" in log(server, 1)
    status, version = server.json("GET", "/api/v1/spaces/default/models/churn/versions/2")
    assert (status, version["run"], version["metrics"]) == (200, 1, {"accuracy": 0.9})
    assert "retraining run 1" in server.cli("model", "show", "churn:2").stdout
    status, version = server.json("GET", "/api/v1/spaces/default/models/churn/versions/1")
    assert "run" not in version
    # The story, in the audit.
    for action in ("retraining.requested", "retraining.started", "retraining.finished"):
        (event,) = audit(server, action)
        assert (event["detail"]["run"], event["detail"]["rule"], event["subject"]) == ("1", "again", "churn")
    assert audit(server, "retraining.requested")[0]["principal"] == "local"
    assert audit(server, "retraining.started")[0]["principal"] == "slipway"
    assert audit(server, "retraining.finished")[0]["detail"]["version"] == "churn:2"
    assert audit(server, "version.push")[0]["detail"]["run"] == "1"
    why = server.cli("why", "churn").stdout
    assert "retraining run 1 (rule again) pushed churn:2" in why and "to see it" in why, why
    # And once it is live.
    server.cli("deploy", "churn:2")
    why = server.cli("why", "churn").stdout
    assert "retraining run 1 (rule again) of 'churn' in default had trained and pushed it" in why, why
    page = server.cli("retraining", "list").stdout
    assert re.search(r"1 +churn +again +request +succeeded", page), page
    assert "churn:2" in server.cli("retraining", "show", 1).stdout


def test_a_command_is_told_what_it_is_about(server, versions, tmp_path):
    deploy(server, versions)
    set_rules(server, rule(command=["sh", "-c", "env; pwd; ls -A; ls -ld $SLIPWAY_DATA"]))
    start(server)
    assert ended(server, 1)["state"] == "succeeded"
    text = log(server, 1)
    found = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    assert found["SLIPWAY_SERVER"] == server.url
    for name, value in {"SPACE": "default", "MODEL": "churn", "ENDPOINT": "churn", "ENDPOINT_SPACE": "default",
                        "RUN": "1", "CAUSE": "request"}.items():
        assert found[f"SLIPWAY_{name}"] == value
    assert found["ORT_DISABLE_TELEMETRY"] == "1"
    assert "SLIPWAY_TOKEN" not in found
    assert set(found) <= {"SLIPWAY_SERVER", "SLIPWAY_SPACE", "SLIPWAY_MODEL", "SLIPWAY_ENDPOINT",
                          "SLIPWAY_ENDPOINT_SPACE", "SLIPWAY_RUN", "SLIPWAY_CAUSE", "SLIPWAY_DATA", "TMPDIR",
                          "ORT_DISABLE_TELEMETRY", "PYTHONUNBUFFERED", "PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ",
                          "LD_LIBRARY_PATH", "PWD", "OLDPWD", "SHLVL", "_"}
    assert "drwx------" in text
    # Nothing but the log stays.
    folder = server.data / "runs" / "1"
    assert [path.name for path in folder.iterdir()] == ["log"]
    assert (folder / "log").stat().st_mode & 0o777 == 0o600


def test_the_ledger_is_there_to_train_on(server, versions):
    server.cli("model", "push", versions[0], "--name", "churn")
    server.cli("deploy", "churn", "--ledger-share", "1")
    for value in range(5):
        assert server.infer("churn", [{"name": "x", "datatype": "FP32", "shape": [1, 4],
                                       "data": [value, 1, 2, 3]}])[0] == 200
    set_rules(server, rule(command=["sh", "-c", "cat $SLIPWAY_DATA/ledger.csv"]))
    start(server)
    assert ended(server, 1)["state"] == "succeeded", log(server, 1)
    assert len(log(server, 1).splitlines()) == 6


def test_how_a_command_ended_is_told(server, versions, tmp_path):
    deploy(server, versions)
    set_rules(
        server,
        rule("fails", ["sh", "-c", "echo too bad; exit 3"]),
        rule("missing", ["no-such-program"]),
        rule("nowhere", ["true"], folder="/no/such/folder"),
        rule("killed", ["sh", "-c", "kill -9 $$"]),
        rule("large", ["python3", "-c", "import time; x = bytearray(200 << 20); time.sleep(60)"],
             limits={"memoryMB": 128}),
        rule("loud", ["yes"], limits={"logMB": 1}),
        rule("many", ["sh", "-c", "for i in 1 2 3 4 5 6; do sleep 60 & done; wait"], limits={"processes": 3}),
    )
    expected = {
        "fails": "exit code 3", "missing": "could not be started: No such file", "nowhere": "could not be started",
        "killed": "signal 9", "large": "more than 128 MiB of memory", "loud": "more than 1 MiB to its log",
        "many": "more than 3 processes",
    }
    runs = {name: start(server, "--rule", name)["run"] for name in expected}
    for name, words in expected.items():
        info = ended(server, runs[name])
        assert info["state"] == "failed" and words in info["message"], (name, info)
    assert log(server, runs["fails"]) == "too bad\n"
    assert len(log(server, runs["loud"])) <= 65_536
    refused = server.cli("retraining", "start", "churn", "--rule", "fails", "--follow", check=False)
    assert refused.returncode == 1


def test_a_run_that_takes_too_long_is_ended(server, versions):
    deploy(server, versions)
    set_rules(server, rule(command=["sh", "-c", "trap 'echo told' TERM; while :; do sleep 0.1; done"],
                           limits={"minutes": 1}))
    start(server)
    info = ended(server, 1)
    assert (info["state"], info["message"]) == ("timedOut", "it took longer than 1 minutes")
    assert "told" in log(server, 1)


def test_a_run_is_cancelled_with_all_that_it_started(server, versions):
    deploy(server, versions)
    set_rules(server, rule(command=["sh", "-c", "setsid sleep 200 & echo here $!; sleep 200"]))
    start(server)
    wait_for(server, 1, "running")
    wait_until(lambda: "here" in server.cli("retraining", "log", 1, check=False).stdout, "the log", 30)
    below = int(re.search(r"here (\d+)", log(server, 1))[1])
    info = server.cli_json("retraining", "cancel", 1, "--reason", "no longer wanted")
    assert (info["state"], info["message"]) == ("cancelled", "local cancelled it: no longer wanted")
    wait_gone(below)
    again = server.cli("retraining", "cancel", 1, check=False)
    assert again.returncode == 1 and "is over: cancelled" in again.stderr


def test_runs_wait_for_each_other(server, versions, tmp_path):
    deploy(server, versions)
    gate = tmp_path / "gate"
    hold = ["sh", "-c", f"while [ ! -e {gate} ]; do sleep 0.05; done"]
    set_rules(server, rule("one", hold), rule("two", hold, concurrent=2))
    runs = [start(server, "--rule", name)["run"] for name in ("one", "one", "two", "two")]
    wait_for(server, runs[0], "running")
    wait_for(server, runs[2], "running")
    # One of the rule at once, and two commands on the server.
    assert [show(server, run)["state"] for run in runs] == ["running", "queued", "running", "queued"]
    info = server.cli_json("retraining", "cancel", runs[3])
    assert info["state"] == "cancelled" and "startedAt" not in info
    gate.touch()
    for run in runs[:3]:
        assert ended(server, run)["state"] == "succeeded"


# The server ends


def kill_all_but_guards(server):
    """SIGKILL to the supervisor and the server, as the kernel would; what they started is on its own."""
    below = server.children()
    child = below[0]
    server.process.kill()
    os.kill(child, signal.SIGKILL)
    server.process.wait(10)
    wait_gone(child)
    return below


def test_a_run_of_a_server_that_is_killed_is_over(server, versions, tmp_path):
    deploy(server, versions)
    marker = tmp_path / "alive"
    script = (f"trap '' TERM; echo $$ > {marker}; sleep 3; "
              f"slipway model push {versions[1]} --name churn; touch {tmp_path}/done; sleep 100")
    set_rules(server, rule(command=["sh", "-c", script], then={"rollout": {"strategy": "canary"}}))
    start(server)
    wait_until(lambda: marker.exists() and marker.read_text().strip(), "the command", 30)
    command = int(marker.read_text())
    kill_all_but_guards(server)
    wait_gone(command)
    assert not (tmp_path / "done").exists()
    server.start()
    info = ended(server, 1)
    assert (info["state"], info["message"]) == ("interrupted", "the server ended while it ran")
    assert [item["version"] for item in server.json("GET", "/api/v1/spaces/default/models/churn/versions")[1]["items"]] == [1]
    assert server.cli_json("rollout", "list") == []
    assert audit(server, "retraining.finished")[0]["detail"]["state"] == "interrupted"
    assert server.cli("audit", "verify").returncode == 0


def test_processes_whose_guard_died_with_the_server_are_found_at_the_next_start(server, versions, tmp_path):
    deploy(server, versions)
    marker = tmp_path / "alive"
    set_rules(server, rule(command=["sh", "-c", f"echo $$ > {marker}; exec sleep 300"]))
    start(server)
    wait_until(lambda: marker.exists() and marker.read_text().strip(), "the command", 30)
    command = int(marker.read_text())
    guard = int(re.search(r"PPid:\s+(\d+)", pathlib.Path(f"/proc/{command}/status").read_text())[1])
    os.kill(guard, signal.SIGSTOP)
    kill_all_but_guards(server)
    os.kill(guard, signal.SIGKILL)
    wait_gone(guard)
    os.kill(command, 0)
    server.start()
    assert ended(server, 1)["state"] == "interrupted"
    wait_gone(command)


def test_a_server_that_stops_ends_its_runs(server, versions):
    deploy(server, versions)
    set_rules(server, rule(command=["sleep", "300"]))
    start(server)
    wait_for(server, 1, "running")
    assert server.terminate() == 0
    server.start()
    assert show(server, 1)["state"] == "interrupted"


def test_a_run_that_waited_is_begun_by_the_next_server(server, versions, tmp_path):
    deploy(server, versions)
    gate = tmp_path / "gate"
    set_rules(server, rule(command=["sh", "-c", f"while [ ! -e {gate} ]; do sleep 0.05; done"]))
    start(server)
    wait_for(server, 1, "running")
    start(server)
    gate.touch()
    server.kill()
    server.start()
    assert ended(server, 1)["state"] in ("interrupted", "succeeded")
    assert ended(server, 2)["state"] == "succeeded"


# Causes


def test_files_that_come_into_a_folder_begin_one_run(server, versions, tmp_path):
    deploy(server, versions)
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "old.csv").write_text("1")
    set_rules(server, rule(command=["true"], when={"folder": str(folder)}))
    wait_until(lambda: server.cli_json("retraining", "rules", "churn")["rules"], "the rule")
    # The rule has seen what is there.
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        assert server.cli_json("retraining", "list") == []
    (folder / "a.csv").write_text("1")
    (folder / "b.csv").write_text("2")
    wait_until(lambda: server.cli_json("retraining", "list"), "the run", 60)
    info = ended(server, 1)
    assert info["cause"] == f"a.csv and 1 more came into {folder}" and info["requestedBy"] == "slipway"
    server.terminate()
    server.start()
    # Known over a restart; what came meanwhile is not.
    (folder / "c.csv").write_text("3")
    wait_until(lambda: len(server.cli_json("retraining", "list")) == 2, "the second run", 60)
    assert ended(server, 2)["cause"] == f"c.csv came into {folder}"


def test_a_schedule_begins_a_run_and_makes_up_for_what_was_missed_once(new_server, versions, tmp_path):
    library = tmp_path / "jumping.so"
    source = pathlib.Path(__file__).parent / "jumping_clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    jump = tmp_path / "jump"
    jump.write_text("0")
    server = new_server("data", "--allow-commands", env={"LD_PRELOAD": str(library), "JUMPING_CLOCK": str(jump)})
    deploy(server, versions)
    set_rules(server, rule(command=["true"], when={"schedule": "0 * * * *"}))
    assert "0 * * * *" in server.cli("retraining", "rules", "churn").stdout
    wait_until(lambda: server.cli_json("retraining", "rules", "churn")["rules"][0].get("next"), "the next moment")
    time_of_look = time.monotonic() + 3
    while time.monotonic() < time_of_look:
        server.cli_json("retraining", "list")
    before = len(server.cli_json("retraining", "list"))
    jump.write_text("3600")
    wait_until(lambda: len(server.cli_json("retraining", "list")) > before, "the run", 60)
    info = ended(server, before + 1)
    assert info["causeKind"] == "schedule" and "the schedule 0 * * * * named" in info["cause"]
    server.terminate()
    # Away for half a day.
    jump.write_text(str(13 * 3600))
    server.start()
    wait_until(lambda: len(server.cli_json("retraining", "list")) == before + 2, "the run after", 60)
    ended(server, before + 2)
    settle = time.monotonic() + 3
    while time.monotonic() < settle:
        assert len(server.cli_json("retraining", "list")) == before + 2


def test_a_rule_cools_down(server, versions, tmp_path):
    deploy(server, versions)
    folder = tmp_path / "new"
    folder.mkdir()
    set_rules(server, rule(command=["true"], when={"folder": str(folder)}, coolDown="1h"))
    start(server)
    ended(server, 1)
    (folder / "a.csv").write_text("1")

    def note():
        return server.cli_json("retraining", "rules", "churn")["rules"][0].get("note", "")

    wait_until(lambda: "cools down until" in note(), "the note", 60)
    assert len(server.cli_json("retraining", "list")) == 1


# What becomes of a version


def test_a_version_is_rolled_out_as_the_rule_says(server, versions):
    deploy(server, versions)
    set_rules(server, rule(command=push_of(versions[1]),
                           then={"rollout": {"strategy": "blue-green", "watch": "1s"}}))
    start(server)
    info = wait_follow_up(server, 1, "done")
    assert info["followUp"]["rollout"] == 1
    rollout = server.cli_json("rollout", "status", "churn")
    assert rollout["requestedBy"] == "slipway" and "retraining run 1 (rule again)" in rollout["reason"]
    wait_until(lambda: server.cli_json("deployment", "show", "churn")["version"] == 2, "the version", 30)
    why = server.cli("why", "churn").stdout
    for part in ("churn:2 is live", "retraining run 1 (rule again)", "then rollout 1 of churn was begun"):
        assert part in why, why
    actions = [event["action"] for event in reversed(server.cli_json("audit", "list"))]
    order = ["monitor.set", "retraining.requested", "retraining.started", "version.push", "retraining.finished",
             "rollout.start", "retraining.followed"]
    assert [action for action in actions if action in order] == ["version.push", *order], actions
    assert audit(server, "retraining.followed")[0]["detail"]["rollout"] == "1"


def test_a_run_that_pushes_nothing_new_is_followed_by_nothing(server, versions):
    deploy(server, versions)
    set_rules(server, rule(command=push_of(versions[0]), then={"rollout": {"strategy": "canary"}}))
    start(server)
    info = ended(server, 1)
    assert info["state"] == "succeeded" and "version" not in info
    assert info["followUp"] == {"state": "none", "message": "it pushed no new version"}
    assert server.cli_json("rollout", "list") == []


def test_a_version_goes_to_production_through_gates_approval_and_rollout(server, versions, tmp_path):
    """Trained in dev because of prod's endpoint, promoted there, rolled out there."""
    for space in ("dev", "prod"):
        server.cli("space", "create", space)
    policy = tmp_path / "policy.yaml"
    policy.write_text("promotesFrom: [dev]\ngates:\n  - {name: whole, kind: integrity}\n"
                      "approvals: {count: 1, roles: [owner], fourEyes: false}\n")
    server.cli("space", "set-policy", "prod", "--file", policy)
    server.cli("model", "push", versions[0], "--name", "churn", "--space", "dev")
    server.cli("promote", "churn:1", "--from", "dev", "--to", "prod")
    wait_until(lambda: server.cli_json("promotion", "show", 1, "--space", "prod")["state"] == "awaitingApproval",
               "the gates", 60)
    server.cli("promotion", "approve", 1, "--space", "prod")
    server.cli("deploy", "churn:1", "--space", "prod")
    set_rules(server, rule(command=push_of(versions[1]),
                           then={"promote": {"to": "prod"}, "rollout": {"strategy": "blue-green", "watch": "1s"}}),
              space="prod")
    server.cli("retraining", "start", "churn", "--space", "prod")
    info = wait_follow_up(server, 1, "promoting", space="prod")
    assert (info["modelSpace"], info["version"], info["followUp"]["promotion"]) == ("dev", 2, 2)
    wait_until(lambda: server.cli_json("promotion", "show", 2, "--space", "prod")["state"] == "awaitingApproval",
               "the gates", 60)
    promotion = server.cli_json("promotion", "show", 2, "--space", "prod")
    assert promotion["requestedBy"] == "slipway" and "retraining run 1" in promotion["reason"]
    # It waits as long as people do; a restart changes nothing.
    server.terminate()
    server.start()
    assert server.cli_json("deployment", "show", "churn", "--space", "prod")["version"] == 1
    server.cli("promotion", "approve", 2, "--space", "prod")
    info = wait_follow_up(server, 1, "done", space="prod")
    assert info["followUp"]["rollout"] == 1
    wait_until(lambda: server.cli_json("deployment", "show", "churn", "--space", "prod")["version"] == 2,
               "the version", 30)
    why = server.cli("why", "churn", "--space", "prod").stdout
    for part in ("by promotion 2", "gate whole (integrity) passed", "approved by local",
                 "retraining run 1 (rule again) of 'churn' in prod had trained and pushed it"):
        assert part in why, why


def test_what_is_not_allowed_is_told_and_goes_no_further(server, versions, tmp_path):
    deploy(server, versions)
    policy = tmp_path / "policy.yaml"
    policy.write_text("frozen: true\nfrozenReason: the audit\n")
    server.cli("space", "set-policy", "default", "--file", policy)
    set_rules(
        server, rule("roll", push_of(versions[1]), then={"rollout": {"strategy": "canary"}}),
        rule("up", push_of(versions[2]), then={"promote": {"to": "nowhere"}}))
    start(server, "--rule", "roll")
    info = wait_follow_up(server, 1, "refused")
    assert info["state"] == "succeeded" and "frozen" in info["followUp"]["message"], info
    start(server, "--rule", "up")
    info = wait_follow_up(server, 2, "refused")
    assert "there is no space 'nowhere'" in info["followUp"]["message"]
    assert "it does not go on" in server.cli("why", "churn").stdout
    assert server.cli_json("deployment", "show", "churn")["version"] == 1


# Who may


@pytest.fixture
def guarded(new_server):
    """A server that asks callers who they are, and the owner's environment."""
    server = new_server("guarded", "--allow-commands", "--auth")
    token = re.search(r"slw_\w+", server.log_text())[0]
    return server, {"SLIPWAY_TOKEN": token}


def test_a_run_has_a_key_of_its_own_that_ends_with_it(guarded, versions, tmp_path):
    server, owner = guarded
    for space in ("dev", "other"):
        server.cli("space", "create", space, env=owner)
    server.cli("model", "push", versions[0], "--name", "churn", "--space", "dev", env=owner)
    server.cli("deploy", "churn", "--space", "dev", env=owner)
    taken = tmp_path / "token"
    script = (f'echo "$SLIPWAY_TOKEN" > {taken}; slipway model push {versions[1]} --name churn; '
              "slipway model list --space other; slipway key create --name mine; slipway space set-policy dev --file /dev/null;"
              "slipway member add eve --role owner; true")
    set_rules(server, rule(command=["sh", "-c", script]), space="dev", env=owner)
    server.cli("retraining", "start", "churn", "--space", "dev", "--follow", env=owner)
    text = server.cli("retraining", "log", 1, "--space", "dev", env=owner).stdout
    assert "pushed churn:2" in text
    assert "there is no space 'other'" in text
    for refused in ("may not make or revoke keys", "may not set the policy", "may not add or remove members"):
        assert refused in text, text
    version = server.cli_json("model", "show", "churn:2", "--space", "dev", env=owner)["version"]
    assert (version["createdBy"], version["run"]) == ("slipway", 1)
    token = taken.read_text().strip()
    late = server.cli("model", "list", "--space", "dev", env={"SLIPWAY_TOKEN": token}, check=False)
    assert late.returncode == 1 and "was revoked" in late.stderr
    assert token not in server.log_text() and token not in text


def test_nobody_else_pushes_in_the_name_of_a_run(guarded, versions, tmp_path):
    server, owner = guarded
    server.cli("model", "push", versions[0], "--name", "churn", env=owner)
    server.cli("deploy", "churn", env=owner)
    gate = tmp_path / "gate"
    set_rules(server, rule(command=["sh", "-c", f"while [ ! -e {gate} ]; do sleep 0.05; done"]), env=owner)
    server.cli("retraining", "start", "churn", env=owner)
    wait_until(lambda: server.cli_json("retraining", "show", 1, env=owner)["state"] == "running", "the run", 30)
    push = ["model", "push", versions[1], "--name", "churn"]
    refused = server.cli(*push, env=owner | {"SLIPWAY_RUN": "1"}, check=False)
    assert refused.returncode == 1 and "only the key that retraining run 1" in refused.stderr
    refused = server.cli(*push, env=owner | {"SLIPWAY_RUN": "2"}, check=False)
    assert refused.returncode == 1 and "no retraining run 2" in refused.stderr
    gate.touch()
    wait_until(lambda: server.cli_json("retraining", "show", 1, env=owner)["state"] == "succeeded", "the end", 30)


def test_without_allow_commands_none_is_set_and_none_is_started(new_server, versions):
    server = new_server("data", "--allow-commands")
    deploy(server, versions)
    set_rules(server, rule(command=push_of(versions[1])))
    server.terminate()
    server.flags = []
    server.start()
    refused = server.cli("retraining", "start", "churn", check=False)
    assert refused.returncode == 1 and "--allow-commands" in refused.stderr
    refused = set_rules(server, rule("other", ["true"]), check=False)
    assert refused.returncode == 1 and "--allow-commands" in refused.stderr


@pytest.mark.parametrize("members, place, words", [
    ({"when": {"schedule": "61 * * * *"}}, "retraining[0].when.schedule", "minute"),
    ({"comand": ["x"]}, "retraining[0].comand", "did you mean 'command'"),
    ({"then": {"rollout": {"strategy": "canary", "stepps": [5]}}}, "retraining[0].then.rollout.stepps", ""),
    ({"then": {"rollout": {"to": 3}}}, "retraining[0].then.rollout", "names a version"),
    ({"limits": {"minutes": 0}}, "retraining[0].limits.minutes", "from 1"),
])
def test_bad_rules_are_refused_at_their_place(server, versions, members, place, words):
    deploy(server, versions)
    status, answer = server.json(
        "PUT", "/api/v1/spaces/default/deployments/churn/monitor", {"retraining": [rule(**members)]})
    assert status in (400, 422), answer
    assert answer["field"] == place and words in answer["error"] + answer.get("hint", ""), answer
    assert server.cli_json("retraining", "rules", "churn")["rules"] == []


def test_what_is_not_there_is_not_found(server, versions):
    deploy(server, versions)
    for arguments, words in [
        (("show", 7), "there is no retraining run 7"), (("log", 7), "there is no retraining run 7"),
        (("cancel", 7), "there is no retraining run 7"), (("start", "churn"), "has no retraining rule"),
        (("start", "other"), "other"), (("rules", "other"), "other"),
    ]:
        refused = server.cli("retraining", *arguments, check=False)
        assert refused.returncode == 1 and words in refused.stderr, refused
    set_rules(server, rule("a"), rule("b"))
    refused = server.cli("retraining", "start", "churn", check=False)
    assert refused.returncode == 1 and "there are a, b" in refused.stderr
    assert server.cli("retraining", "report", 1, check=False).returncode == 1
    start(server, "--rule", "a")
    ended(server, 1)
    refused = server.cli("retraining", "report", 1, check=False)
    assert refused.returncode == 1 and "its end is its exit code" in refused.stderr


# Another system


def test_another_system_is_told_pushes_and_reports(new_server, versions):
    receiver = Receiver()
    try:
        server = new_server("data", env={"SLIPWAY_WEBHOOK_ALLOW": "127.0.0.0/8"})
        deploy(server, versions)
        hook = {"name": "elsewhere", "webhook": receiver.url, "coolDown": "0s",
                "then": {"rollout": {"strategy": "blue-green", "watch": "1s"}}}
        set_rules(server, hook)
        start(server)
        wait_until(lambda: receiver.messages, "the message", 60)
        assert wait_for(server, 1, "running")["message"] == "waits for the outside system's report"
        (event,) = receiver.events(server.cli("webhook", "secret").stdout.strip())
        assert event["type"] == "slipway.retraining.requested"
        told = data(event)
        assert (told["run"], told["model"], told["endpoint"]) == (1, "churn", "churn")
        # Nothing to follow before it reports, whatever it pushed.
        version = server.push_file(versions[1], "churn", query=f"?run={told['run']}")
        assert version["version"]["run"] == 1
        assert show(server, 1)["state"] == "running"
        status, _ = server.json("POST", told["report"], {"succeeded": True, "message": "on the cluster"})
        assert status == 200
        assert wait_follow_up(server, 1, "done")["message"] == "on the cluster"
        wait_until(lambda: server.cli_json("deployment", "show", "churn")["version"] == 2, "the version", 60)
        start(server)
        wait_for(server, 2, "running")
        server.cli("retraining", "report", 2, "--failed", "--message", "no rows")
        assert (show(server, 2)["state"], show(server, 2)["message"]) == ("failed", "no rows")
        bad = set_rules(server, hook | {"webhook": "https://"}, check=False)
        assert bad.returncode == 1 and "webhook" in bad.stderr
    finally:
        receiver.close()


# The example


PYTHON = REPOSITORY / ".local/venv-examples/bin/python"
EXAMPLE = REPOSITORY / "examples/drift"


def share_right(server, rows):
    """How many of the example's rows the endpoint gets right."""
    names = [name for name in rows[0] if name != "malignant"]
    inputs = [{"name": name, "datatype": "INT64" if name == "sample" else "FP32", "shape": [len(rows), 1],
               "data": [float(row[name]) if name != "sample" else int(row[name]) for row in rows]} for name in names]
    status, answer = server.infer("tumours", inputs)
    assert status == 200, answer
    labels = next(output["data"] for output in answer["outputs"] if output["name"] == "label")
    return sum(label == int(row["malignant"]) for label, row in zip(labels, rows)) / len(rows)


def test_the_example_comes_back_from_a_changed_world(server, tmp_path):
    """Its script, on rows as the server lays them out; the rule's canary brings the version live."""
    server.cli("model", "push", EXAMPLE / "first.onnx", "--name", "tumours")
    server.cli("deploy", "tumours", "--ledger-share", "1")
    with (EXAMPLE / "drifted.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    labelled = tmp_path / "labelled.csv"
    with labelled.open("w", newline="") as file:
        names = [name for name in rows[0] if name != "malignant"]
        writer = csv.writer(file)
        writer.writerow([*names, "prediction", "truth"])
        for row in rows[:3000]:
            writer.writerow([*(row[name] for name in names), "0", row["malignant"]])
    assert share_right(server, rows[3000:]) < 0.85
    text = (EXAMPLE / "monitor.yaml").read_text().replace("PYTHON", str(PYTHON)).replace("FOLDER", str(EXAMPLE))
    server.cli("monitor", "set", "tumours", "--file", "-", input=text)
    # No truth, no training; and the run says so.
    server.cli("retraining", "start", "tumours", "--rule", "by-hand")
    assert ended(server, 1)["state"] == "failed"
    assert "nothing to learn from" in log(server, 1)
    script = f'cp "{labelled}" "$SLIPWAY_DATA/labelled.csv" && exec "{PYTHON}" "{EXAMPLE}/retrain.py"'
    then = yaml.safe_load(text)["retraining"][0]["then"]
    set_rules(server, rule(command=["sh", "-c", script], then=then), endpoint="tumours")
    start(server, endpoint="tumours")
    info = wait_follow_up(server, 2, "done")
    assert info["version"] == 2, log(server, 2)
    # A canary wants traffic to be judged by.
    deadline = time.monotonic() + 120
    while server.cli_json("deployment", "show", "tumours")["version"] == 1:
        assert time.monotonic() < deadline, server.cli("rollout", "status", "tumours").stdout
        for start_row in range(0, 200, 10):
            share_right(server, rows[start_row : start_row + 10])
    assert share_right(server, rows[3000:]) > 0.9
    assert "retraining run 2 (rule again)" in server.cli("why", "tumours").stdout
