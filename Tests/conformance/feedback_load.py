"""Labels by the thousand: late, shuffled, some twice, some corrected, sent again after a kill; every figure is held against
the same computed by scikit-learn. `python feedback_load.py` does it with a million, and says how fast it was."""

import json
import pathlib
import sys
import tempfile
import time

import numpy
from sklearn import metrics

import ledger_writer
from slipway_server import REPOSITORY, SlipwayServer

IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"
PATH = "/api/v1/spaces/default/deployments/iris/"


def made_up(count, random):
    """Predictions of two versions, with probabilities that are right more often than not."""
    truth = random.integers(0, 3, count)
    logits = random.normal(size=(count, 3)) + 1.2 * numpy.eye(3)[truth]
    scores = numpy.exp(logits)
    scores = (scores / scores.sum(axis=1, keepdims=True)).astype(numpy.float32)
    versions = (numpy.arange(count) >= count // 2).astype(numpy.uint32) + 1
    features = numpy.column_stack([
        numpy.arange(count) % 5, random.normal(size=(count, 3))]).astype(numpy.float32)
    return truth, scores, versions, features


def label_lines(ids, truth, random):
    """Shuffled: each label once, a tenth twice, a twentieth wrong at first, with an earlier moment."""
    count = len(truth)
    later, earlier = '"2026-02-02T00:00:00Z"', '"2026-02-01T00:00:00Z"'
    lines = [f'{{"prediction":"{i}","truth":{t},"at":{later}}}' for i, t in zip(ids, truth)]
    twice = random.choice(count, count // 10, replace=False)
    wrong = random.choice(count, count // 20, replace=False)
    lines += [lines[i] for i in twice]
    lines += [f'{{"prediction":"{ids[i]}","truth":{(truth[i] + 1) % 3},"at":{earlier}}}' for i in wrong]
    return [lines[i] for i in random.permutation(len(lines))]


def bodies(lines, size):
    return ["\n".join(lines[start:start + size]).encode() for start in range(0, len(lines), size)]


def send(server, body):
    status, answer = server.json(
        "POST", PATH + "feedback", body, {"Content-Type": "application/x-ndjson"}, timeout=600)
    assert status == 200 and answer["refused"] == 0, answer
    return answer


def run(server, predictions, size=None, say=lambda text: None):
    """Labels `predictions` predictions on a server that runs, which is killed in the middle; returns labels per second."""
    size = size or max(1000, predictions // 20)
    random = numpy.random.default_rng(20)
    server.push_file(IRIS, "iris")
    server.put_deployment("iris", "iris", options={"ledger": {"retentionBytes": 1 << 33}})
    assert server.terminate() == 0
    truth, scores, versions, features = made_up(predictions, random)
    labels = scores.argmax(axis=1)
    high = numpy.full(predictions, 0x0123456789ABCDEF, numpy.uint64)
    low = numpy.arange(predictions, dtype=numpy.uint64) + numpy.uint64(1 << 40)
    now = time.time_ns() // 1000
    times = now - 3_600_000_000 + numpy.arange(predictions) * 3000
    ledger_writer.write(
        server.data / "ledger" / "default" / "iris", 1, (high, low), times, versions, features, labels, scores,
        per_file=max(1000, predictions // 4))
    ids = [f"0123456789abcdef{value:016x}" for value in low.tolist()]
    lines = label_lines(ids, truth, random)
    parts = bodies(lines, size)
    say(f"{predictions:,} predictions, {len(lines):,} labels in {len(parts)} requests")

    server.start(timeout=60)
    monitor = {"quality": {"segments": ["features[0]"]}}
    status, answer = server.json("PUT", PATH + "monitor", monitor)
    assert status == 200, answer
    begun = time.monotonic()
    first = server.json("GET", PATH + "quality", timeout=600)[1]
    assert sum(v["predictions"] for v in first["versions"]) == predictions, first
    say(f"read from the ledger in {time.monotonic() - begun:.1f} s")

    begun = time.monotonic()
    half = len(parts) // 2
    for part in parts[:half]:
        send(server, part)
    taken = time.monotonic() - begun
    server.kill()
    server.start(timeout=60)
    begun = time.monotonic()
    for part in parts[half:]:
        send(server, part)
    taken += time.monotonic() - begun
    rate = len(lines) / taken
    say(f"{len(lines):,} labels in {taken:.1f} s: {rate:,.0f} labels/s")
    # All of it again, after another kill: nothing changes.
    server.kill()
    server.start(timeout=60)
    for part in parts:
        answer = send(server, part)
        assert answer["joined"] == 0 and answer["changed"] == 0 and answer["waiting"] == 0, answer

    begun = time.monotonic()
    report = server.json("GET", PATH + "quality?rows=1000000", timeout=1200)[1]
    say(f"figures in {time.monotonic() - begun:.1f} s")
    check(report, truth, labels, scores, versions, features)
    return rate


def check(report, truth, labels, scores, versions, features):
    assert [version["version"] for version in report["versions"]] == [2, 1] and report["waiting"] == 0
    for version in report["versions"]:
        chosen = versions == version["version"]
        assert version["labelled"] == version["rows"] == chosen.sum()
        window = version["windows"][0]
        assert window["rows"] == chosen.sum()
        found = {figure["metric"]: figure for figure in window["figures"]}
        compare(found, truth[chosen], labels[chosen], scores[chosen].astype(numpy.float64), everything=True)
        assert len(window["segments"]) == 5
        for segment in window["segments"]:
            part = chosen & (features[:, 0] == float(segment["value"]))
            assert segment["rows"] == part.sum()
            found = {figure["metric"]: figure for figure in segment["figures"]}
            compare(found, truth[part], labels[part], scores[part].astype(numpy.float64), everything=False)


def compare(found, truth, labels, scores, everything):
    expected = {
        "accuracy": metrics.accuracy_score(truth, labels),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, labels),
    }
    if everything:
        expected["f1_macro"] = metrics.f1_score(truth, labels, average="macro")
        expected["roc_auc_macro"] = numpy.mean([
            metrics.roc_auc_score(truth == place, scores[:, place]) for place in range(3)])
        expected["log_loss"] = -numpy.log(scores[numpy.arange(len(truth)), truth]).mean()
        expected["brier"] = ((scores - numpy.eye(3)[truth]) ** 2).sum(axis=1).mean()
    assert set(expected) <= set(found), found.keys()
    for name, value in expected.items():
        assert abs(found[name]["value"] - value) < 1e-9, (name, found[name], value)
        assert found[name]["low"] < value < found[name]["high"], (name, found[name])


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        server = SlipwayServer(pathlib.Path(folder) / "data").start()
        try:
            run(server, count, say=lambda text: print(text, flush=True))
        finally:
            server.kill()
