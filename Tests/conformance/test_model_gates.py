"""The gates that run a model, from policy to report: a good version passes, a worse one is stopped by figures."""

import json
import time

import onnx
import pytest

from slipway_server import REPOSITORY

POLICY = """
promotesFrom: [test]
gates:
  - name: unseen
    kind: holdout
    dataset: unseen-iris
    target: species
    metrics:
      - {metric: accuracy, min: 0.9, maxDrop: 0.02}
      - {metric: recall, class: 2, min: 0.8}
      - {metric: log_loss, maxRise: 0.05}
  - name: fast
    kind: latency
    maxP99Milliseconds: 5000
    maxP50Ratio: 100
    seconds: 1
    maximumRequests: 400
"""


@pytest.fixture(scope="module")
def worse(tmp_path_factory):
    """The iris model with one class made far more likely than it is."""
    model = onnx.load(REPOSITORY / "examples/iris/model.onnx")
    classifier = next(node for node in model.graph.node if node.op_type == "LinearClassifier")
    intercepts = next(attribute for attribute in classifier.attribute if attribute.name == "intercepts")
    intercepts.floats[1] += 8
    path = tmp_path_factory.mktemp("worse") / "model.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture
def server(new_server, tmp_path, worse):
    server = new_server()
    for space in ("test", "prod"):
        server.cli("space", "create", space)
    for path in (REPOSITORY / "examples/iris/model.onnx", worse):
        server.cli("model", "push", path, "--name", "iris", "--space", "test")
    push_rows(server, tmp_path)
    set_policy(server, tmp_path, POLICY)
    return server


def push_rows(server, folder):
    """The held-out rows with their truth, in the space that judges."""
    truth = json.loads((REPOSITORY / "Tests/GovernanceTests/Fixtures/holdouts.json").read_text())["iris"]["truth"]
    header, *rows = (REPOSITORY / "examples/iris/heldout.csv").read_text().splitlines()
    path = folder / "unseen.csv"
    path.write_text("\n".join([header + ",species", *(f"{row},{label}" for row, label in zip(rows, truth))]) + "\n")
    server.cli("dataset", "push", path, "--name", "unseen-iris", "--space", "prod")


def set_policy(server, folder, text, **options):
    path = folder / "policy.yaml"
    path.write_text(text)
    return server.cli("space", "set-policy", "prod", "--file", path, **options)


def promote(server, version):
    """The promotion once its gates have ended."""
    asked = server.cli_json("promote", f"iris:{version}", "--from", "test", "--to", "prod", check=False)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        info = server.cli_json("promotion", "show", asked["number"], "--space", "prod")
        if info["state"] != "checking":
            return info
        time.sleep(0.1)
    raise AssertionError(info)


def figure(gate, name, segment=None, limit=""):
    return next(f for f in gate["figures"] if f["name"] == name and f.get("segment") == segment
                and limit in f.get("limit", ""))


def test_a_good_version_passes_and_a_worse_one_is_stopped_by_its_figures(server):
    first = promote(server, 1)
    assert first["state"] == "applied", first["gates"]
    unseen, fast = first["gates"]
    assert (unseen["outcome"], fast["outcome"]) == ("passed", "passed")
    assert figure(unseen, "accuracy", limit="at least")["candidate"] == pytest.approx(42 / 45)
    assert "no champion" in figure(unseen, "log_loss")["note"]
    assert figure(fast, "p99 ms")["candidate"] > 0

    server.cli("deploy", "iris:1", "--space", "prod")
    second = promote(server, 2)
    assert second["state"] == "failed", second["gates"]
    unseen, fast = second["gates"]
    assert (unseen["outcome"], fast["outcome"]) == ("failed", "passed")
    drop = figure(unseen, "accuracy", limit="below the champion")
    assert drop["champion"] == pytest.approx(42 / 45) and drop["candidate"] < 0.8
    assert drop["passed"] is False and drop["interval"][1] < -0.02
    assert figure(unseen, "recall", "class=2")["passed"] is False
    assert figure(fast, "p50 ratio")["passed"] is True and figure(fast, "p50 ms")["champion"] > 0
    page = server.cli("promotion", "show", second["number"], "--space", "prod").stdout
    for part in ["gate unseen (holdout)  failed", "at most 0.02 below the champion", "unseen-iris:1", "p99 ms"]:
        assert part in page, page
    status, versions = server.json("GET", "/api/v1/spaces/prod/models/iris/versions")
    assert [item["version"] for item in versions["items"]] == [1]


def test_a_gate_without_its_data_set_is_an_error_and_stops_the_promotion(server, tmp_path):
    set_policy(server, tmp_path, POLICY.replace("unseen-iris", "unseen-roses"))
    info = promote(server, 1)
    assert info["state"] == "failed"
    assert info["gates"][0]["outcome"] == "error" and "unseen-roses" in info["gates"][0]["summary"]


@pytest.mark.parametrize("right, wrong, words", [
    ("min: 0.9", "minn: 0.9", ["gates[0].metrics[0].minn", "did you mean 'min'?"]),
    ("accuracy", "acuracy", ["gates[0].metrics[0].metric", "did you mean 'accuracy'?"]),
    ("min: 0.9", "min: 90", ["gates[0].metrics[0].min", "share between 0 and 1"]),
    ("log_loss, maxRise", "log_loss, maxDrop", ["gates[0].metrics[2].maxDrop", "'maxRise'"]),
    ("target: species", "tagret: species", ["gates[0]", "target"]),
    ("maxP50Ratio: 100", "maxP50Ratio: 0", ["gates[1].maxP50Ratio", "above 0"]),
], ids=["key", "metric", "range", "direction", "target", "ratio"])
def test_a_rule_that_cannot_be_meant_is_refused_when_the_policy_is_set(server, tmp_path, right, wrong, words):
    refused = set_policy(server, tmp_path, POLICY.replace(right, wrong), check=False)
    assert refused.returncode == 1
    for word in words:
        assert word in refused.stderr, refused.stderr
