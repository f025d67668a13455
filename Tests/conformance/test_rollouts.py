"""Rollouts and rollbacks under load, on a real server, with the command line that people use."""

import http.server
import json
import random
import threading
import time

import pytest

import rollout_models
from rollout_models import Load


@pytest.fixture
def server(new_server, tmp_path):
    """`churn:1` serves at `churn`; `churn:2` is as good, `churn:3` fails half of the load's requests."""
    server = new_server()
    server.cli("model", "push", rollout_models.sound(tmp_path, 1), "--name", "churn")
    server.cli("deploy", "churn:1")
    server.cli("model", "push", rollout_models.sound(tmp_path, 2), "--name", "churn")
    server.cli("model", "push", rollout_models.half_failing(tmp_path, 3), "--name", "churn")
    return server


def status(server, *flags):
    return server.cli_json("rollout", "status", "churn", *flags)


def wait_for(server, *states, timeout=60):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        rollout = status(server)
        if rollout["state"] in states:
            return rollout
        time.sleep(0.1)
    raise AssertionError(f"the rollout is {rollout['state']}, not {states}: {rollout}")


def shares(rollout):
    return {variant["variant"]: variant["weight"] for variant in rollout["variants"]}


def start(server, *flags, to="churn:2", **options):
    return server.cli("rollout", "start", "churn", "--to", to, *flags, **options)


def history(server):
    return server.cli_json("deployment", "history", "churn")


def test_a_canary_goes_through_its_steps_without_a_failed_request(server):
    with Load(server, "churn", rate=200) as load:
        said = start(server, "--steps", "10,50,100", "--hold", "3s", "--min-samples", "20", "--reason", "better").stdout
        assert "canary from churn:1 to churn:2  running" in said, said
        assert shares(status(server)) == {"stable": 90, "canary": 10}
        ended = wait_for(server, "promoted", "rolledBack")
    assert ended["state"] == "promoted", ended
    assert [step["kind"] for step in ended["steps"]] == ["requested", "began", "advanced", "promoted"]
    answers = load.since()
    assert {code for _, code, _ in answers} == {200} and load.unreachable == 0
    assert answers[-1][2] == "2" and {version for _, _, version in answers} == {"1", "2"}
    revisions = history(server)
    assert [(revision["action"], revision["version"]) for revision in revisions] == [("promote", 2), ("deploy", 1)]
    assert revisions[0]["rollout"] == 1 and "nothing against it" in revisions[0]["evidence"]
    assert "rollout 1" in server.cli("deployment", "history", "churn").stdout
    why = server.cli("why", "churn").stdout
    assert "churn:2 is live at 'churn'" in why and "rollout 1 brought it here" in why, why
    actions = [event["action"] for event in server.json("GET", "/api/v1/audit?subject=churn")[1]["items"]]
    assert {"rollout.start", "rollout.advance", "rollout.promote"} <= set(actions)
    assert server.json("POST", "/api/v1/audit/verify")[1]["problems"] == []


def test_a_canary_that_fails_half_its_requests_is_rolled_back_within_10_seconds(server):
    with Load(server, "churn", rate=200) as load:
        time.sleep(1)
        start(server, "--steps", "1,5,25,50,100", "--hold", "2m", to="churn:3")
        began = time.monotonic()
        ended = wait_for(server, "rolledBack", timeout=30)
        took = time.monotonic() - began
        during = load.since(began)
        time.sleep(1)
        after = load.since(time.monotonic() - 0.5)
    harmed = sum(code != 200 for _, code, _ in during)
    print(f"rolled back after {took:.1f} s; {harmed} of {len(during)} requests harmed ({harmed / len(during):.2%})")
    assert took < 10
    # Half of its 1% is expected; how many of a few hundred that is, is chance.
    assert harmed <= 0.01 * len(during) + 4
    assert "errors" in ended["message"], ended["message"]
    assert {(code, version) for _, code, version in after} == {(200, "1")}
    assert len(history(server)) == 1
    page = server.cli("rollout", "status", "churn").stdout
    assert "rolled back" in page and "errors" in page


def test_too_little_traffic_holds_and_never_promotes(server):
    start(server, "--steps", "50,100", "--hold", "1s")
    time.sleep(4)
    rollout = status(server)
    assert (rollout["state"], rollout["step"]["step"]) == ("running", 1)
    assert "too little traffic" in rollout["message"]


def test_a_deploy_that_fails_is_taken_back_by_itself(server):
    with Load(server, "churn", rate=100) as load:
        server.cli("deploy", "churn:3", "--reason", "hopeful")
        ended = wait_for(server, "rolledBack", timeout=30)
        time.sleep(0.5)
        assert {version for _, _, version in load.since(time.monotonic() - 0.2)} == {"1"}
    assert ended["strategy"] == "blue-green"
    revisions = history(server)
    assert [(revision["action"], revision["version"]) for revision in revisions] == [
        ("rollback", 1), ("deploy", 3), ("deploy", 1)]
    assert revisions[0]["createdBy"] == "server" and revisions[0]["equals"] == 1
    assert "requests failed since the switch" in revisions[0]["evidence"]


def test_a_deploy_that_is_good_settles_and_a_watch_of_0_is_none(server):
    with Load(server, "churn", rate=50):
        server.cli("deploy", "churn:2", "--watch", "2s")
        assert "blue-green 1, watching" in server.cli("status").stdout
        assert wait_for(server, "promoted")["rollout"] == 1
    server.cli("deploy", "churn:1", "--watch", "0")
    assert status(server)["rollout"] == 1


def test_a_rollback_takes_less_than_100_milliseconds_when_the_old_version_is_warm(server):
    server.cli("deploy", "churn:2", "--watch", "0")
    times = []
    with Load(server, "churn", rate=100) as load:
        for index in range(10):
            began = time.monotonic()
            code, answer = server.json("POST", "/api/v1/spaces/default/deployments/churn/rollback", {"reason": "test"})
            times.append(time.monotonic() - began)
            assert (code, answer["version"]) == (200, 1 + index % 2), answer
            # What it says is what answers.
            assert server.infer("churn", [{"name": "x", "shape": [1, 4], "datatype": "FP32", "data": [0, 0, 0, 0]}])[
                1]["model_version"] == str(answer["version"])
    print("rollback: " + ", ".join(f"{t * 1000:.0f} ms" for t in sorted(times)))
    assert sorted(times)[len(times) // 2] < 0.1
    assert {code for _, code, _ in load.since()} == {200}
    said = server.cli("rollback", "churn", "--to", "1").stdout
    assert "churn:1 answers at endpoint churn" in said or "all traffic of churn is with churn:1" in said
    assert len(history(server)) >= 12


def test_what_was_live_is_one_question(server):
    server.cli("deploy", "churn:2", "--watch", "0")
    time.sleep(1.1)
    between = server.json("GET", "/api/v1/spaces/default/deployments/churn/live")[1]["at"]
    start(server, "--steps", "25", to="churn:1")
    time.sleep(0.05)
    during = server.json("GET", "/api/v1/spaces/default/deployments/churn/live")[1]["at"]
    server.cli("rollout", "promote", "churn", "--reason", "sure")
    code, live = server.json("GET", f"/api/v1/spaces/default/deployments/churn/live?at={during}")
    assert code == 200 and live["rollout"] == 1
    assert [(v["variant"], v["version"], v["weight"]) for v in live["variants"]] == [("stable", 2, 75), ("canary", 1, 25)]
    said = server.cli("deployment", "history", "churn", "--at", between).stdout
    assert "churn:2 was live at 'churn' as revision 2" in said
    assert "nothing was live" in server.cli("deployment", "history", "churn", "--at", "2020-01-01").stdout
    assert "promote" in server.cli("deployment", "history", "churn").stdout


def test_one_rollout_at_a_time_and_nothing_under_its_feet(server, tmp_path):
    start(server, "--steps", "10,100")
    for arguments in [("rollout", "start", "churn", "--to", "churn:3"), ("deploy", "churn:3"),
                      ("deployment", "delete", "churn"), ("model", "delete", "churn:1"), ("model", "delete", "churn:2")]:
        refused = server.cli(*arguments, check=False)
        assert refused.returncode == 1 and "rollout 1" in refused.stderr, (arguments, refused.stderr)
    code, answer = server.json("POST", "/v2/repository/models/churn/unload", {})
    assert code == 409 and "rollout 1" in json.dumps(answer)
    assert "rollout 1 is over" in server.cli("rollback", "churn").stdout
    assert status(server)["state"] == "rolledBack"
    server.cli("model", "push", rollout_models.other_input(tmp_path, 4), "--name", "churn")
    refused = start(server, to="churn:4", check=False)
    assert refused.returncode == 1 and "cannot answer the callers of churn:1" in refused.stderr, refused.stderr
    for flags, words in [(("--steps", "100"), "none below 100"), (("--watch", "1m"), "cannot work with the strategy canary"),
                         (("--strategy", "ab", "--hold", "1s"), "cannot work with the strategy ab")]:
        refused = start(server, *flags, check=False)
        assert refused.returncode == 1 and words in refused.stderr, refused.stderr
    assert start(server, to="churn:9", check=False).returncode == 1


def test_pause_resume_abort_and_promote_by_hand(server):
    with Load(server, "churn", rate=100):
        start(server, "--steps", "10,50", "--hold", "1s", "--min-samples", "5")
        assert "paused rollout 1 of churn at 90% churn:1, 10% churn:2" in server.cli("rollout", "pause", "churn").stdout
        time.sleep(3)
        assert shares(status(server)) == {"stable": 90, "canary": 10}
        server.cli("rollout", "resume", "churn")
        deadline = time.monotonic() + 30
        while shares(status(server))["canary"] != 50 and time.monotonic() < deadline:
            time.sleep(0.1)
        while "every step has passed" not in status(server)["message"] and time.monotonic() < deadline:
            time.sleep(0.1)
        assert "every step has passed" in status(server)["message"]
        assert "all traffic of churn is with churn:1" in server.cli("rollout", "abort", "churn", "--reason", "no").stdout
        start(server, "--steps", "10,100")
        assert "promoted" in server.cli("rollout", "promote", "churn", "--reason", "sure").stdout
    rows = server.cli("rollout", "list").stdout
    assert "aborted" in rows and "promoted" in rows
    assert history(server)[0]["version"] == 2


def test_a_policy_asks_for_approvals_and_freezes(server, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("rolloutApprovals: {count: 1, roles: [validator], fourEyes: false}\n")
    server.cli("space", "set-policy", "default", "--file", policy)
    refused = server.cli("deploy", "churn:2", check=False)
    assert refused.returncode == 1 and "demands 1 approval" in refused.stderr
    assert "awaiting approval" in start(server, "--strategy", "blue-green").stdout
    assert history(server)[0]["version"] == 1
    assert "watching" in server.cli("rollout", "approve", "churn", "--comment", "fine").stdout
    assert history(server)[0]["version"] == 2
    policy.write_text("frozen: true\nfrozenReason: quarter end\n")
    server.cli("space", "set-policy", "default", "--file", policy)
    for arguments in [("deploy", "churn:3"), ("rollout", "start", "churn", "--to", "churn:3"),
                      ("deployment", "delete", "churn")]:
        refused = server.cli(*arguments, check=False)
        assert refused.returncode == 1 and "quarter end" in refused.stderr, refused.stderr
    assert "churn:1 answers at endpoint churn again" in server.cli("rollback", "churn").stdout
    assert "frozen: true" in server.cli("space", "show", "default").stdout


class Outside(http.server.BaseHTTPRequestHandler):
    """Prometheus and a webhook; what they say is set by the test."""

    value, passed = "0.01", True

    def do_GET(self):
        self.answer({"status": "success", "data": {"resultType": "vector", "result": [
            {"metric": {}, "value": [time.time(), Outside.value]}]}})

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert question["candidateVersion"] == 2 and question["endpoint"] == "churn"
        self.answer({"passed": Outside.passed})

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_checks_of_other_systems_decide_too(server, tmp_path):
    outside = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Outside)
    threading.Thread(target=outside.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{outside.server_port}"
    Outside.value, Outside.passed = "0.01", True
    path = tmp_path / "rollout.yaml"
    path.write_text(f"""
to: churn:2
steps: [20, 40, 60]
hold: 2s
analysis: {{minimumSamples: 5, checkFailures: 1}}
checks:
  - {{name: errors, prometheus: "{address}", query: "rate(x[1m]) + 1", max: 0.05, every: 1s}}
  - {{name: smoke, webhook: "{address}/hook", every: 1s, timeout: 2s}}
""")
    with Load(server, "churn", rate=100):
        server.cli("rollout", "start", "churn", "-f", path)
        deadline = time.monotonic() + 30
        while shares(status(server))["canary"] < 40 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert {check["name"]: check["outcome"] for check in status(server)["checks"]} == {
            "errors": "passed", "smoke": "passed"}
        Outside.value = "0.5"
        ended = wait_for(server, "rolledBack", timeout=20)
    outside.shutdown()
    assert "check errors" in ended["message"] and "0.5" in ended["message"], ended["message"]
    assert history(server)[0]["version"] == 1


def test_a_shadow_and_an_ab_rollout_hold_until_somebody_ends_them(server):
    start(server, "--strategy", "shadow")
    assert shares(status(server)) == {"stable": 100, "shadow": 0}
    server.cli("rollout", "abort", "churn")
    start(server, "--strategy", "ab", "--weight", "30", "--sticky", "header:x-user")
    rollout = status(server)
    assert shares(rollout) == {"stable": 70, "b": 30} and rollout["sticky"] == "header x-user"
    assert "promoted" in server.cli("rollout", "promote", "churn", "--variant", "b").stdout


def answered(server):
    """(variant, prediction id) of one request; no variant once the rollout has ended."""
    body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [0.1, 0.2, 0.3, 0.4]}]}
    code, answer, _ = server.request("POST", "/v2/models/churn/infer", body)
    assert code == 200
    return answer.get("slipway-variant"), answer["slipway-prediction-id"]


def truths(server, wrong, seconds):
    """Requests for some seconds; of each, a second later, whether the answer was wrong, as `wrong` says by variant."""
    drawn, ends = random.Random(5), time.monotonic() + seconds
    while time.monotonic() < ends and status(server)["state"] == "running":
        asked = [answer for answer in (answered(server) for _ in range(150)) if answer[0]]
        outcomes = [{"prediction": id, "values": {"wrong": int(drawn.random() < wrong[variant])}} for variant, id in asked]
        code, answer = server.json("POST", "/api/v1/spaces/default/deployments/churn/outcomes", {"outcomes": outcomes})
        if code == 200:
            assert answer["accepted"] == len(asked)
        else:
            # It ended between the requests and their truths.
            assert code >= 400 and status(server)["state"] != "running", answer
        time.sleep(0.2)


QUALITY = """
to: churn:2
steps: [50, 75]
hold: 2s
analysis: {minimumSamples: 50, minimumOutcomes: 100, maxP50Ratio: null, maxP99Ratio: null}
metrics: [{name: wrong, better: lower}]
"""


def test_a_canary_whose_answers_turn_out_wrong_is_rolled_back(server, tmp_path):
    path = tmp_path / "rollout.yaml"
    path.write_text(QUALITY)
    server.cli("rollout", "start", "churn", "-f", path)
    truths(server, {"stable": 0.1, "canary": 0.4}, seconds=60)
    ended = status(server)
    assert ended["state"] == "rolledBack", ended
    assert ended["message"].startswith("quality wrong: the canary's mean loss is 0."), ended["message"]
    metric = next(metric for metric in ended["metrics"] if metric["name"] == "quality wrong")
    assert metric["verdict"] == "fail" and metric["unit"] == "loss" and metric["limit"] == 0.02
    assert metric["stable"] < 0.2 < metric["canary"] and metric["odds"] > metric["needed"]
    page = server.cli("rollout", "status", "churn").stdout
    assert "quality wrong" in page, page
    assert history(server)[0]["version"] == 1


def test_a_canary_with_metrics_goes_on_only_once_enough_truths_have_come_back(server, tmp_path):
    path = tmp_path / "rollout.yaml"
    path.write_text(QUALITY)
    server.cli("rollout", "start", "churn", "-f", path)
    with Load(server, "churn", rate=200):
        time.sleep(5)
        held = status(server)
        assert (held["state"], held["step"]["step"]) == ("running", 1)
        assert "too few truths have come back in this step" in held["message"], held["message"]
        truths(server, {"stable": 0.1, "canary": 0.1}, seconds=3)
        deadline = time.monotonic() + 20
        while status(server)["step"]["step"] == 1 and time.monotonic() < deadline:
            time.sleep(0.1)
    assert status(server)["step"]["step"] == 2, status(server)
    # What was told is known after a crash.
    before = status(server)
    server.kill()
    server.start()
    after = status(server)
    assert after["step"]["step"] == 2 and after["state"] == before["state"]
    # What a canary is not judged by is refused by name.
    for values, field in [({"bought": 1}, "outcomes[0].values.bought"), ({"wrong": 2}, "outcomes[0].values.wrong")]:
        code, refusal = server.json("POST", "/api/v1/spaces/default/deployments/churn/outcomes",
                                    {"outcomes": [{"prediction": "f" * 32, "values": values}]})
        assert code == 400 and refusal["field"] == field, refusal
