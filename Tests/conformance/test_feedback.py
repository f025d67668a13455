"""The truth about predictions: joined to them however it comes, and what figures it makes, beside scikit-learn's."""

import json

import numpy
import pytest
from sklearn import datasets, metrics

import feedback_load
from slipway_server import REPOSITORY, wait_until

EXAMPLES = REPOSITORY / "examples"
IRIS = EXAMPLES / "iris" / "model.onnx"
DIABETES = EXAMPLES / "diabetes" / "model.onnx"


def recorded(server, path=IRIS, name="iris", **options):
    """`server` with a model deployed and everything written down."""
    server.push_file(path, name)
    server.put_deployment(name, name, options={"ledger": options})
    return server


def predict(server, rows, endpoint="iris", **extra):
    """One prediction over HTTP: its id and its outputs by name."""
    names = datasets.load_diabetes().feature_names if endpoint == "diabetes" else ["features"]
    columns = rows.T[:, :, None] if endpoint == "diabetes" else [rows]
    body = {
        "inputs": [
            {"name": name, "datatype": "FP32", "shape": list(column.shape), "data": column.ravel().tolist()}
            for name, column in zip(names, columns)
        ], **extra}
    status, headers, answer = server.request("POST", f"/v2/models/{endpoint}/infer", body)
    assert status == 200, answer
    outputs = {
        output["name"]: numpy.array(output["data"]).reshape(output["shape"]) for output in json.loads(answer)["outputs"]
    }
    return headers["slipway-prediction-id"], outputs


def send(server, items, endpoint="iris", status=200):
    got, answer = server.json("POST", f"/api/v1/spaces/default/deployments/{endpoint}/feedback", {"items": items})
    assert got == status, answer
    return answer


def counts(answer):
    """Those that are not 0."""
    names = ("joined", "waiting", "duplicates", "changed", "outdated", "refused")
    return {name: answer[name] for name in names if answer[name]}


def quality(server, endpoint="iris", **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    status, answer = server.json(
        "GET", f"/api/v1/spaces/default/deployments/{endpoint}/quality" + (f"?{text}" if text else ""), timeout=300)
    assert status == 200, answer
    return answer


def figures(report, version=1, window="rows"):
    found = next(v for v in report["versions"] if v["version"] == version)
    return {f["metric"]: f for f in next(w for w in found["windows"] if w["window"] == window)["figures"]}


def agree(found, expected):
    for name, value in expected.items():
        assert found[name]["value"] == pytest.approx(value, abs=1e-9), name
        assert found[name]["low"] <= value <= found[name]["high"], found[name]


IRIS_ROWS = datasets.load_iris().data.astype(numpy.float32)
IRIS_TRUTH = datasets.load_iris().target


# Without anything ---------------------------------------------------------------------------------------------------


def test_without_a_ledger_truth_is_refused_with_what_to_do(new_server):
    server = new_server()
    server.deploy(IRIS, "iris")
    answer = send(server, [{"prediction": "0" * 32, "truth": 1}], status=409)
    assert "written down" in answer["error"] and "--ledger-share" in answer["hint"]
    assert quality(server)["versions"] == []
    assert send(server, [], "nothing", status=404)["code"] == "not_found"
    assert not (server.data / "quality").exists()


# Figures ------------------------------------------------------------------------------------------------------------


def test_figures_of_classes_are_those_of_scikit_learn(new_server, tmp_path):
    server = new_server()
    server.cli("model", "push", IRIS, "--name", "iris", "--metric", "accuracy=0.97")
    server.put_deployment("iris", "iris", options={"ledger": {}})
    ids, labels, scores = [], [], []
    for row in IRIS_ROWS:
        prediction, outputs = predict(server, row[None])
        ids.append(prediction)
        labels.append(int(outputs["label"][0]))
        scores.append(outputs["probabilities"][0])
    file = tmp_path / "labels.csv"
    with file.open("w") as out:
        out.write("prediction,species\n")
        for prediction, truth in zip(ids, IRIS_TRUTH):
            out.write(f"{prediction},{truth}\n")
    said = server.cli_json("feedback", "send", "iris", "--file", file, "--truth-column", "species")
    assert (said["items"], counts(said["answer"])) == (150, {"joined": 150})
    said = server.cli_json("feedback", "send", "iris", "--file", file, "--truth-column", "species")
    assert counts(said["answer"]) == {"duplicates": 150}

    scores = numpy.array(scores, numpy.float32).astype(numpy.float64)
    found = figures(quality(server))
    agree(found, {
        "accuracy": metrics.accuracy_score(IRIS_TRUTH, labels),
        "balanced_accuracy": metrics.balanced_accuracy_score(IRIS_TRUTH, labels),
        "f1_macro": metrics.f1_score(IRIS_TRUTH, labels, average="macro"),
        "brier": ((scores - numpy.eye(3)[IRIS_TRUTH]) ** 2).sum(axis=1).mean(),
    })
    # scikit-learn divides scores by their sum, which single precision leaves a little off 1.
    assert found["roc_auc_macro"]["value"] == pytest.approx(
        metrics.roc_auc_score(IRIS_TRUTH, scores / scores.sum(axis=1, keepdims=True), multi_class="ovr"), abs=1e-6)
    expected = -numpy.log(scores[numpy.arange(150), IRIS_TRUTH]).mean()
    assert found["log_loss"]["value"] == pytest.approx(expected, abs=1e-9)
    assert (found["accuracy"]["method"], found["f1_macro"]["method"]) == ("wilson", "bootstrap")
    assert found["accuracy"]["reference"] == 0.97
    text = server.cli("monitor", "quality", "iris").stdout
    assert "accuracy" in text and "0.9700" in text
    assert "accuracy" in server.cli("monitor", "show", "iris").stdout

    # What is read cheaply, for a server that scrapes: some seconds later.
    def scraped():
        page = server.request("GET", "/metrics")[2].decode()
        return f'slipway_quality_labelled_rows{{space="default",endpoint="iris",version="1"}} 150' in page
    wait_until(scraped, "the gauge", timeout=60)
    page = server.request("GET", "/metrics")[2].decode()
    assert 'slipway_quality{space="default",endpoint="iris",version="1",metric="accuracy"} 0.9' in page


def test_figures_of_numbers_are_those_of_scikit_learn(new_server):
    server = recorded(new_server(), DIABETES, "diabetes")
    data = datasets.load_diabetes(scaled=False)
    rows, truth = data.data.astype(numpy.float32), data.target
    items, predicted = [], []
    for start in range(0, len(rows), 10):
        prediction, outputs = predict(server, rows[start:start + 10], "diabetes")
        predicted += outputs[next(iter(outputs))].ravel().tolist()
        items.append({"prediction": prediction, "truth": truth[start:start + 10].tolist()})
    predicted = numpy.array(predicted, numpy.float32).astype(numpy.float64)
    assert counts(send(server, items, "diabetes")) == {"joined": len(items)}
    report = quality(server, "diabetes")
    assert (report["versions"][0]["task"], report["versions"][0]["labelled"]) == ("regression", len(rows))
    agree(figures(report), {
        "mae": metrics.mean_absolute_error(truth, predicted),
        "rmse": metrics.root_mean_squared_error(truth, predicted),
        "r2": metrics.r2_score(truth, predicted),
        "mape": metrics.mean_absolute_percentage_error(truth, predicted),
    })
    # The newest 100 rows only, in the order of the ledger.
    lines = server.cli("monitor", "export", "diabetes").stdout.splitlines()
    places = {item["prediction"]: place * 10 for place, item in enumerate(items)}
    order = []
    for line in map(json.loads, lines):
        first = places[line["prediction"]]
        order += range(first, min(first + 10, len(truth)))
    newest = order[-100:]
    agree(figures(quality(server, "diabetes", rows=100)), {
        "mae": metrics.mean_absolute_error(truth[newest], predicted[newest])})


def test_a_monitor_says_the_key_the_segments_and_the_metrics(new_server, tmp_path):
    server = recorded(new_server())
    keys = numpy.arange(30, dtype=numpy.float32)
    rows = numpy.column_stack([keys, IRIS_ROWS[:30, 1:3], numpy.arange(30) % 3]).astype(numpy.float32)
    labels = []
    for row in rows:
        labels.append(int(predict(server, row[None])[1]["label"][0]))
    # Truth that came before the monitor did is kept when everything is read again.
    first = predict(server, rows[:1], id="first")
    assert counts(send(server, [{"request_id": "first", "truth": 2}])) == {"joined": 1}
    file = tmp_path / "monitor.yaml"
    file.write_text(
        "quality:\n  key: features[0]\n  segments: ['features[3]']\n  metrics: [accuracy, recall]\n  positive: 1\n")
    server.cli("monitor", "set", "iris", "--file", file)
    # Key 0 was asked twice: the newest is meant.
    truth = [int(k) % 2 for k in keys]
    items = [{"key": str(int(k)) if k % 2 else int(k), "truth": t} for k, t in zip(keys, truth)]
    assert counts(send(server, items)) == {"joined": 29, "changed": 1}
    report = quality(server)
    assert report["configured"] and report["versions"][0]["labelled"] == 30
    labels[0] = int(first[1]["label"][0])
    found = figures(report)
    assert set(found) == {"accuracy", "recall"}
    assert found["accuracy"]["value"] == pytest.approx(metrics.accuracy_score(truth, labels))
    window = report["versions"][0]["windows"][0]
    assert [(s["input"], s["value"], s["rows"]) for s in window["segments"]] == [
        ("features[3]", "0", 10), ("features[3]", "1", 10), ("features[3]", "2", 10)]
    for segment in window["segments"]:
        part = [i for i in range(30) if i % 3 == int(segment["value"])]
        assert segment["figures"][0]["value"] == pytest.approx(
            metrics.accuracy_score([truth[i] for i in part], [labels[i] for i in part]))
    wrong = server.cli("monitor", "set", "iris", "--file", "-", input="quality: {metrics: [acuracy]}", check=False)
    assert wrong.returncode == 1 and "did you mean 'accuracy'?" in wrong.stderr


# How truth comes ----------------------------------------------------------------------------------------------------


def test_truth_comes_twice_late_out_of_order_and_in_part(new_server):
    server = recorded(new_server())
    prediction, _ = predict(server, IRIS_ROWS[:3], id="three")
    later, earlier = "2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"
    assert counts(send(server, [{"request_id": "three", "truth": [0, None, None], "at": later}])) == {"joined": 1}
    assert counts(send(server, [{"prediction": prediction, "truth": [1, None, None], "at": earlier}])) == {"outdated": 1}
    assert counts(send(server, [{"prediction": prediction, "truth": [0, None, None], "at": earlier}])) == {
        "duplicates": 1}
    assert counts(send(server, [{"prediction": prediction, "truth": [2, 0, None], "at": later}])) == {"joined": 1}
    assert quality(server)["versions"][0]["labelled"] == 2
    # Before its prediction.
    assert counts(send(server, [{"request_id": "soon", "truth": "0"}])) == {"waiting": 1}
    assert counts(send(server, [{"request_id": "soon", "truth": 0.0}])) == {"duplicates": 1}
    assert quality(server)["waiting"] == 1
    predict(server, IRIS_ROWS[:1], id="soon")
    report = quality(server)
    assert (report["waiting"], report["versions"][0]["labelled"]) == (0, 3)


def test_what_is_wrong_with_an_item_is_said_and_the_others_count(new_server):
    server = recorded(new_server())
    prediction, _ = predict(server, IRIS_ROWS[:2])
    answer = send(server, [
        {"prediction": prediction, "truth": [0, 0]}, {"prediction": "nonsense", "truth": 1},
        {"prediction": prediction, "truth": 1}, {"prediction": prediction, "trut": 1}, {"truth": 1},
        {"prediction": prediction, "truth": None}, {"prediction": prediction, "request_id": "a", "truth": 1},
        {"prediction": prediction, "truth": [0, 0], "at": "yesterday"}, 7])
    assert counts(answer) == {"joined": 1, "refused": 8}
    assert [refusal["item"] for refusal in answer["refusals"]] == list(range(1, 9))
    reasons = [refusal["reason"] for refusal in answer["refusals"]]
    assert "32 hexadecimal digits" in reasons[0] and "2 rows" in reasons[1] and "did you mean 'truth'?" in reasons[2]

    # A body that is broken changes nothing, wherever it breaks.
    path = "/api/v1/spaces/default/deployments/iris/feedback"
    lines = json.dumps({"prediction": prediction, "truth": [1, 1]}).encode() + b"\n{"
    status, _, body = server.request("POST", path, lines, {"Content-Type": "application/x-ndjson"})
    assert status == 400 and b"line 2" in body
    for broken in (b"", b"{", b"[]", b'{"items": 3}', b'{"itms": []}', b"{}"):
        assert server.request("POST", path, broken)[0] == 400, broken
    assert counts(send(server, [{"prediction": prediction, "truth": [0, 0]}])) == {"duplicates": 1}


def test_acknowledged_truth_survives_kill_9(new_server):
    server = recorded(new_server())
    ids = [predict(server, IRIS_ROWS[i:i + 1])[0] for i in range(20)]
    assert counts(send(server, [{"prediction": i, "truth": 0} for i in ids[:10]])) == {"joined": 10}
    server.kill()
    server.start()
    assert quality(server)["versions"][0]["labelled"] == 10
    assert counts(send(server, [{"prediction": i, "truth": 0} for i in ids])) == {"joined": 10, "duplicates": 10}
    assert quality(server)["versions"][0]["predictions"] == 20


def test_forgetting_deletes_truth_too(new_server):
    server = recorded(new_server())
    for index in range(10):
        prediction, _ = predict(server, numpy.array([[index, 1, 1, 1]], numpy.float32))
        send(server, [{"prediction": prediction, "truth": 0}])
    assert server.cli_json("monitor", "forget", "iris", "--field", "features", "--equals", "7")["rows"] == 1
    report = quality(server)["versions"][0]
    assert (report["predictions"], report["labelled"]) == (9, 9)
    # And the predictions after it are taken in once.
    prediction, _ = predict(server, IRIS_ROWS[:1])
    assert counts(send(server, [{"prediction": prediction, "truth": 0}])) == {"joined": 1}
    report = quality(server)["versions"][0]
    assert (report["predictions"], report["labelled"]) == (10, 10)


def test_json_lines_and_lines_without_truth(new_server, tmp_path):
    server = recorded(new_server())
    predict(server, IRIS_ROWS[:2], id="pair")
    predict(server, IRIS_ROWS[:1], id="one")
    lines = tmp_path / "labels.jsonl"
    lines.write_text('{"request_id": "pair", "truth": [0, 1]}\n\n{"request_id": "nobody", "truth": 1}\n')
    said = server.cli("feedback", "send", "iris", "--file", lines).stdout
    assert "joined" in said and "waiting" in said
    table = tmp_path / "labels.csv"
    table.write_text('order,left\none,0\npair,\n')
    said = server.cli_json(
        "feedback", "send", "iris", "--file", table, "--id-column", "order", "--by", "request", "--truth-column", "left")
    assert (said["items"], said["skipped"], counts(said["answer"])) == (1, 1, {"joined": 1})
    refused = server.cli("feedback", "send", "iris", "--file", "-", check=False, input="prediction,truth\nxyz,1\n")
    assert refused.returncode == 1 and "line 2" in refused.stderr
    missing = server.cli("feedback", "send", "iris", "--file", table, check=False)
    assert missing.returncode == 64 and "--id-column" in missing.stderr


# Many -----------------------------------------------------------------------------------------------------------------


def test_twenty_thousand_late_labels_equal_the_offline_computation(new_server):
    """The million of `dev/soak`, smaller."""
    feedback_load.run(new_server(), predictions=20_000)
