"""A/B and shadow rollouts on a real server: what callers get, what they tell, and what the reports make of it."""

import random
import time

import pytest

import numpy
import rollout_models
from recipes import constant, node
from rollout_models import Load


def tilted(folder, number):
    """y = 2x, but half of what is above 1 is added: half of the load's requests are answered otherwise."""
    nodes = [
        node("Sub", ["x", "one"], ["above"]), node("Relu", ["above"], ["excess"]), node("Mul", ["x", "two"], ["twice"]),
        node("Add", ["twice", "excess"], ["y"]),
    ]
    return rollout_models._write(
        folder, f"tilted-{number}", nodes, number,
        [constant("one", numpy.float32(1)), constant("two", numpy.float32(2))])


@pytest.fixture
def server(new_server, tmp_path):
    """`churn:1` serves at `churn`; `churn:2` answers alike, `churn:3` half of the time otherwise."""
    server = new_server()
    server.cli("model", "push", rollout_models.sound(tmp_path, 1), "--name", "churn")
    server.cli("deploy", "churn:1")
    server.cli("model", "push", rollout_models.sound(tmp_path, 2), "--name", "churn")
    server.cli("model", "push", tilted(tmp_path, 3), "--name", "churn")
    return server


def start(server, tmp_path, text):
    path = tmp_path / "rollout.yaml"
    path.write_text(text)
    return server.cli("rollout", "start", "churn", "-f", path)


def ask(server, user=None):
    """(variant, prediction id) of one request."""
    headers = {"x-user": user} if user else {}
    body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [0.1, 0.2, 0.3, 0.4]}]}
    code, answer, _ = server.request("POST", "/v2/models/churn/infer", body, headers)
    assert code == 200
    return answer["slipway-variant"], answer["slipway-prediction-id"]


def tell(server, outcomes):
    return server.json("POST", "/api/v1/spaces/default/deployments/churn/outcomes", {"outcomes": outcomes})


def report(server, *flags):
    return server.cli_json("rollout", "report", "churn", *flags)


EXPERIMENT = """
to: churn:2
strategy: ab
weight: 50
sticky: {header: x-user}
metrics:
  - {name: bought}
  - {name: returned, better: lower, role: guardrail, margin: 0.05}
"""


def test_an_experiment_joins_outcomes_to_the_variant_that_each_caller_got(server, tmp_path):
    start(server, tmp_path, EXPERIMENT)
    drawn = random.Random(4)
    variants, outcomes = {}, []
    for number in range(1200):
        user = f"user-{number}"
        variants[user], _ = ask(server, user)
        chance = {"stable": 0.2, "b": 0.4}[variants[user]]
        outcomes.append({"key": user, "values": {"bought": int(drawn.random() < chance), "returned": int(drawn.random() < 0.02)}})
    assert tell(server, outcomes) == (200, {"rollout": 1, "accepted": 1200, "unknown": 0})
    # Told twice, it counts once.
    assert tell(server, outcomes[:100])[0] == 200
    found = report(server)
    assert found["verdict"] == "better", found
    arms = {arm["variant"]: arm for arm in found["experiment"]["arms"]}
    for variant in ("stable", "b"):
        assert arms[variant]["units"] == sum(got == variant for got in variants.values())
    assert found["experiment"]["ratioUnit"] == "keys" and found["experiment"]["ratioPValue"] > 0.001
    bought, returned = found["experiment"]["metrics"]
    told = [outcome["values"]["bought"] for outcome in outcomes if variants[outcome["key"]] == "b"]
    assert bought["mean"] == pytest.approx(sum(told) / len(told)) and bought["count"] == len(told)
    assert 0 < bought["low"] < bought["difference"] < bought["high"] and bought["pValue"] < 0.05
    assert (returned["role"], returned["verdict"]) == ("guardrail", "better")
    text = server.cli("rollout", "report", "churn").stdout
    assert "bought" in text and "returned (guardrail)" in text and "better: bought of b: +" in text, text
    # It is there after a crash, and after the rollout has ended.
    server.kill()
    server.start()
    assert report(server)["experiment"]["metrics"] == found["experiment"]["metrics"]
    server.cli("rollout", "promote", "churn", "--reason", "more buy")
    ended = report(server)
    assert (ended["state"], ended["verdict"]) == ("promoted", "better")


def test_outcomes_by_prediction_are_joined_while_the_prediction_is_remembered(server, tmp_path):
    start(server, tmp_path, EXPERIMENT.replace("sticky: {header: x-user}\n", ""))
    asked = [ask(server) for _ in range(40)]
    code, answer = tell(server, [{"prediction": id, "values": {"bought": 1}} for _, id in asked]
                        + [{"prediction": "f" * 32, "values": {"bought": 1}}])
    assert (code, answer) == (200, {"rollout": 1, "accepted": 40, "unknown": 1})
    arms = {arm["variant"]: arm["units"] for arm in report(server)["experiment"]["arms"]}
    assert arms == {variant: sum(got == variant for got, _ in asked) for variant in ("stable", "b")}
    code, refusal = tell(server, [{"key": "user-1", "values": {"bought": 1}}])
    assert code == 400 and refusal["field"] == "outcomes[0].key", refusal


@pytest.mark.parametrize("outcome, field", [
    ({"values": {"bought": 1}}, "outcomes[0]"),
    ({"key": "a", "prediction": "b", "values": {"bought": 1}}, "outcomes[0]"),
    ({"key": "a", "values": {}}, "outcomes[0].values"),
    ({"key": "a", "values": {"bought": 1e300}}, "outcomes[0].values.bought"),
    ({"key": "a", "value": {"bought": 1}}, "outcomes[0].value"),
])
def test_outcomes_that_cannot_be_are_refused_by_their_field(server, tmp_path, outcome, field):
    start(server, tmp_path, EXPERIMENT)
    code, refusal = tell(server, [outcome])
    assert code == 400 and refusal["field"] == field, refusal


def test_outcomes_and_reports_need_a_rollout_that_compares(server):
    code, refusal = tell(server, [{"key": "a", "values": {"bought": 1}}])
    assert code == 404 and "no open rollout" in refusal["error"], refusal
    server.cli("rollout", "start", "churn", "--to", "churn:2", "--steps", "10,100", "--hold", "1h")
    code, refusal = tell(server, [{"key": "a", "values": {"bought": 1}}])
    assert code >= 400 and "outcomes are for A/B rollouts" in refusal["error"], refusal
    said = server.cli("rollout", "report", "churn", check=False)
    assert said.returncode == 1 and "slipway rollout status churn" in said.stderr, said.stderr


def mirrored(server, tmp_path, version, enough=800):
    """A shadow rollout with a load beside it: its report after so many requests were asked of both."""
    start(server, tmp_path, f"to: churn:{version}\nstrategy: shadow\nshadow: {{relative: 0.001}}\n")
    deadline = time.monotonic() + 60
    with Load(server, "churn", rate=200):
        while time.monotonic() < deadline:
            found = report(server)
            if found["shadow"]["disagreements"]["of"] >= enough:
                return found
            time.sleep(0.2)
    raise AssertionError(found)


def test_a_shadow_that_answers_alike_passes_and_one_that_does_not_shows_its_worst_rows(server, tmp_path):
    alike = mirrored(server, tmp_path, 2)
    assert alike["verdict"] == "pass" and alike["shadow"]["disagreements"]["count"] == 0, alike
    server.cli("rollout", "abort", "churn")
    apart = mirrored(server, tmp_path, 3)
    assert apart["verdict"] == "fail", apart
    shadow = apart["shadow"]
    assert 0.4 < shadow["disagreements"]["share"] < 0.6
    assert shadow["outputs"][0]["name"] == "y" and shadow["outputs"][0]["largestDifference"] == pytest.approx(0.5)
    worst = shadow["worst"][0]
    assert worst["output"] == "y" and worst["primary"] != worst["candidate"]
    assert shadow["p50"]["primary"] > 0 and shadow["p50"]["candidate"] > 0
    text = server.cli("rollout", "report", "churn").stdout
    assert "fail: " in text and "WORST" in text and "OUTPUT" in text, text
    # What was seen is there after a crash and after the end.
    server.kill()
    server.start()
    time.sleep(1.5)
    assert report(server)["shadow"]["disagreements"]["of"] >= shadow["disagreements"]["of"] - 250
    server.cli("rollout", "abort", "churn")
    assert report(server)["verdict"] == "fail"


def test_a_policy_can_demand_what_a_shadow_rollout_showed(server, tmp_path):
    server.cli("space", "create", "prod")
    policy = tmp_path / "prod.yaml"
    policy.write_text("promotesFrom: [default]\ngates:\n  - {name: beside, kind: shadow, minimumRequests: 300}\n")
    server.cli("space", "set-policy", "prod", "--file", policy)
    never = server.cli("promote", "churn:2", "--from", "default", "--to", "prod", check=False)
    assert "has never been in a shadow rollout" in never.stdout + never.stderr
    # Of fewer rows the share of disagreements is not known to a hundredth.
    mirrored(server, tmp_path, 2, enough=1600)
    server.cli("rollout", "abort", "churn")
    passed = server.cli("promote", "churn:2", "--from", "default", "--to", "prod")
    assert "applied" in passed.stdout, passed.stdout
    shown = server.cli("promotion", "show", "2").stdout
    assert "beside churn:1" in shown, shown
    mirrored(server, tmp_path, 3)
    server.cli("rollout", "abort", "churn")
    failed = server.cli("promote", "churn:3", "--from", "default", "--to", "prod", check=False)
    assert "share of disagreements" in failed.stdout + failed.stderr


def test_the_sample_size_is_said_without_a_server(server):
    said = server.cli_json("rollout", "sample-size", "--base", "0.05", "--effect", "0.01", "--per-day", "20000")
    assert 8150 <= said["perVariantAtOneLook"] <= 8160 < said["perVariantAtAnyTime"] < 16_000
    assert said["daysAtOneLook"] == pytest.approx(said["perVariantAtOneLook"] * 2 / 20_000)
    refused = server.cli("rollout", "sample-size", "--base", "0.05", "--effect", "0", check=False)
    assert refused.returncode == 64, refused.stderr
