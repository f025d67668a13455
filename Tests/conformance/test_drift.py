"""Drift: what an endpoint is asked and answers is held against a reference, the file that was pushed with its version or
its first rows; found where it is and not where it is not; and neither kill -9, clocks that jump nor damaged files lose
more than a second of it."""

import json
import os
import pathlib
import subprocess
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from scipy import stats
from scipy.spatial import distance
from tritonclient import grpc

from slipway_server import wait_until

COLUMNS = ["x[0]", "x[1]", "x[2]"]
CITIES = np.array(["Ulm", "Bonn", "Kiel", "Jena"], dtype=object)
# A second for a window and as many rows as a full one in it, so that tests need not wait.
QUICK = {"drift": {"shortestSeconds": 1}}


def model(path):
    """Adds three numbers, and gives a text back."""
    graph = helper.make_graph(
        [helper.make_node("ReduceSum", ["x", "axes"], ["y"], keepdims=0), helper.make_node("Identity", ["city"], ["echo"])],
        "sum",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3]),
         helper.make_tensor_value_info("city", TensorProto.STRING, ["n", 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"]),
         helper.make_tensor_value_info("echo", TensorProto.STRING, ["n", 1])],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [1])])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(made, path)
    return path


class Rows:
    """Rows to ask for: two normal columns, one of few values, and a city."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def draw(self, count, shift=0.0, cities=(0.4, 0.3, 0.2, 0.1)):
        x = np.column_stack([
            self.random.normal(shift, 1, count), self.random.normal(5, 2, count),
            self.random.binomial(4, 0.5 + shift / 10, count)]).astype(np.float32)
        return x, CITIES[self.random.choice(len(cities), count, p=cities)]


def write_csv(path, x, cities, outputs=True):
    """A reference of these rows, with the model's answers where `outputs`."""
    with open(path, "w") as file:
        file.write(",".join(COLUMNS + ["city"] + (["output:y", "output:echo"] if outputs else [])) + "\n")
        for row, city in zip(x, cities):
            cells = [repr(float(value)) for value in row] + [city]
            file.write(",".join(cells + ([repr(float(row.sum(dtype=np.float32))), city] if outputs else [])) + "\n")
    return path


def ask(server, x, cities):
    inputs = [
        {"name": "x", "datatype": "FP32", "shape": list(x.shape), "data": [float(value) for value in x.ravel()]},
        {"name": "city", "datatype": "BYTES", "shape": [len(x), 1], "data": list(cities)}]
    status, answer = server.infer("sum", inputs)
    assert status == 200, answer


def drift(server, **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    status, answer = server.json("GET", "/api/v1/spaces/default/deployments/sum/drift" + ("?" + text if text else ""))
    assert status == 200, answer
    return answer["versions"][0] if answer["versions"] else None


def configure(server, document=QUICK):
    status, answer = server.json("PUT", "/api/v1/spaces/default/deployments/sum/monitor", document)
    assert status == 200, answer


def deploy(server, tmp_path, reference=None, settings=QUICK):
    server.cli("model", "push", model(tmp_path / "sum.onnx"), "--name", "sum", *(["--reference", reference] if reference else []))
    server.put_deployment("sum", "sum")
    if settings:
        configure(server, settings)
    wait_until(lambda: drift(server) is not None, "the watch")


def send(server, x, cities, piece=100):
    """Asks for all rows, and waits until they are counted: none finds no room."""
    before = drift(server)["sampled"]
    for start in range(0, len(x), piece):
        ask(server, x[start:start + piece], cities[start:start + piece])
        wanted = before + min(start + piece, len(x))
        wait_until(lambda: drift(server)["sampled"] >= wanted, "rows that are counted")
    assert drift(server)["dropped"] == 0


def closed(server, number, timeout=30):
    wait_until(lambda: (drift(server).get("latest") or {"number": 0})["number"] >= number, f"window {number}", timeout)
    return drift(server, windows=50)["windows"][number - 1]


def by_name(window):
    return {feature["feature"]: feature for feature in window["features"]}


def exact_index(reference, current):
    """The stability index over the deciles of the reference, or over its values where they are few."""
    values = np.unique(reference)
    if len(values) <= 32:
        before = np.array([(reference == value).sum() for value in values] + [0])
        after = np.array([(current == value).sum() for value in values] + [(~np.isin(current, values)).sum()])
    else:
        cuts = np.unique(np.sort(reference)[[-(-tenth * len(reference) // 10) - 1 for tenth in range(1, 10)]])
        before = np.bincount(np.searchsorted(cuts, reference, "left"), minlength=len(cuts) + 1)
        after = np.bincount(np.searchsorted(cuts, current, "left"), minlength=len(cuts) + 1)
    kept = before + after > 0
    before, after = (counts[kept] + 0.5 for counts in (before, after))
    before, after = before / before.sum(), after / after.sum()
    return float(((after - before) * np.log(after / before)).sum())


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """One window of rows that are known to the last, against a reference that is: what the server says of it."""
    from slipway_server import SlipwayServer

    folder = tmp_path_factory.mktemp("measured")
    server = SlipwayServer(folder / "data", log=folder / "server.log")
    server.start()
    rows = Rows(11)
    reference = rows.draw(3_000)
    deploy(server, folder, write_csv(folder / "reference.csv", *reference), {"drift": {"shortestSeconds": 3}})
    current = rows.draw(2_000, shift=0.35, cities=(0.3, 0.3, 0.2, 0.2))
    send(server, *current)
    window = closed(server, 1)
    assert window["rows"] == 2_000
    yield server, reference, current, window
    server.kill()


def test_distances_are_those_of_scipy_within_a_hundredth(measured):
    _, (x, cities), (now, now_cities), window = measured
    found = by_name(window)
    pairs = {name: (x[:, place], now[:, place]) for place, name in enumerate(COLUMNS)}
    pairs["y"] = (x.sum(axis=1, dtype=np.float32), now.sum(axis=1, dtype=np.float32))
    for name, (reference, current) in pairs.items():
        feature = found[name]
        assert (feature["referenceRows"], feature["rows"]) == (3_000, 2_000)
        assert feature["kolmogorovSmirnov"] == pytest.approx(stats.ks_2samp(reference, current).statistic, abs=0.01), name
        assert feature["stabilityIndex"] == pytest.approx(exact_index(reference, current), abs=0.01), name
        wasserstein = stats.wasserstein_distance(reference, current) / np.std(reference)
        assert feature["wasserstein"] == pytest.approx(wasserstein, abs=0.02), name
        assert feature["mean"] == pytest.approx(current.mean(), rel=1e-5)
    before, after = ([np.sum(values == city) for city in CITIES] for values in (cities, now_cities))
    table = np.array([before, after])
    for name in ("city", "echo"):
        assert found[name]["cramersV"] == pytest.approx(stats.contingency.association(table, "cramer"), abs=1e-9)
        assert found[name]["jensenShannon"] == pytest.approx(distance.jensenshannon(before, after), abs=0.01)
    assert window["verdict"] == "drift" and found["x[1]"]["verdict"] == "stable"
    assert found["x[0]"]["verdict"] == "drift" and found["x[0]"]["adjusted"] < window["alpha"]


def test_distances_are_those_of_evidently(measured, monkeypatch):
    """Evidently (github.com/evidentlyai/evidently) on the same rows, where both measure the same: stability index and
    Jensen-Shannon distance of columns of few values, Wasserstein distance in standard deviations, Kolmogorov-Smirnov."""
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    import pandas
    from evidently.legacy.calculations.stattests import (
        jensenshannon_stat_test, ks_stat_test, psi_stat_test, wasserstein_stat_test)
    from evidently.legacy.core import ColumnType

    _, (x, cities), (now, now_cities), window = measured
    found = by_name(window)

    def theirs(test, before, after, kind):
        return test.func(pandas.Series(before), pandas.Series(after), kind, 0.1)[0]

    for name, before, after, kind in [
        ("x[2]", x[:, 2], now[:, 2], ColumnType.Numerical), ("city", cities, now_cities, ColumnType.Categorical),
        ("echo", cities, now_cities, ColumnType.Categorical),
    ]:
        assert found[name]["stabilityIndex"] == pytest.approx(theirs(psi_stat_test, before, after, kind), abs=0.01)
        assert found[name]["jensenShannon"] == pytest.approx(theirs(jensenshannon_stat_test, before, after, kind), abs=0.01)
    for place, name in enumerate(COLUMNS):
        before, after = x[:, place].astype(float), now[:, place].astype(float)
        assert found[name]["wasserstein"] == pytest.approx(
            theirs(wasserstein_stat_test, before, after, ColumnType.Numerical), abs=0.02), name
    # Theirs is the chance, by scipy; of what we are sure, so are they.
    for place, name in [(0, "x[0]"), (1, "x[1]")]:
        chance = theirs(ks_stat_test, x[:, place].astype(float), now[:, place].astype(float), ColumnType.Numerical)
        assert (chance < 1e-6) == (found[name]["verdict"] == "drift"), (name, chance)


def test_drift_is_shown_on_the_command_line_and_at_metrics(measured):
    server, _, _, window = measured
    text = server.cli("monitor", "drift", "sum").stdout
    assert "3,000 rows of the file that was pushed with the version" in text, text
    assert "drift in" in text and "x[0]" in text and "PSI" in text
    assert "drift" in server.cli("monitor", "drift", "sum", "--windows", 5).stdout
    assert server.cli_json("monitor", "drift", "sum")["versions"][0]["latest"] == window
    assert "drift in" in server.cli("monitor", "show", "sum").stdout
    assert "a profile of rows" in server.cli("model", "show", "sum").stdout
    page = server.request("GET", "/metrics")[2].decode()
    assert 'slipway_drift_verdict{space="default",endpoint="sum",version="1"} 2' in page
    drifted = sum(feature["verdict"] == "drift" for feature in window["features"])
    assert f'slipway_drift_features_drifted{{space="default",endpoint="sum",version="1"}} {drifted}' in page


def test_wrong_questions_and_settings_are_refused_by_name(measured):
    server = measured[0]
    path = "/api/v1/spaces/default/deployments/sum/drift"
    for query, field in [("windows=0", "windows"), ("windows=201", "windows"), ("version=x", "version"), ("w=1", "w")]:
        status, answer = server.json("GET", f"{path}?{query}")
        assert status == 400 and answer["field"] == field, answer
    assert server.json("GET", "/api/v1/spaces/default/deployments/none/drift")[0] == 404
    for document, field in [
        ({"drift": {"fullRows": 7}}, "drift.fullRows"), ({"drift": {"fulRows": 700}}, "drift.fulRows"),
        ({"drift": {"enabled": "no"}}, "drift.enabled"), ({"drift": 5}, "drift"),
    ]:
        status, answer = server.json("PUT", "/api/v1/spaces/default/deployments/sum/monitor", document)
        assert status == 400 and answer["field"] == field, answer


def test_without_a_file_the_first_rows_are_the_reference_and_grpc_counts_too(new_server, tmp_path):
    server = new_server()
    deploy(server, tmp_path)
    rows = Rows(1)
    text = server.cli("monitor", "drift", "sum").stdout
    assert "being made of the first rows: 1,000 more rows to come" in text, text
    with grpc.InferenceServerClient(server.grpc_address) as client:
        def ask_grpc(count, shift=0.0):
            x, cities = rows.draw(count, shift)
            inputs = [grpc.InferInput("x", list(x.shape), "FP32"), grpc.InferInput("city", [count, 1], "BYTES")]
            inputs[0].set_data_from_numpy(x)
            inputs[1].set_data_from_numpy(np.array([[city.encode()] for city in cities], dtype=object))
            client.infer("sum", inputs)

        def until(number, shift=0.0):
            deadline = time.monotonic() + 60
            while (drift(server).get("latest") or {"number": 0})["number"] < number:
                assert time.monotonic() < deadline
                ask_grpc(100, shift)
            return closed(server, number)

        first = until(2)
        found = drift(server)
        assert found["reference"] == {
            "kind": "first_rows", "rows": 1000, "missingRows": 0, "fromFile": 0, "fromFirstRows": 6}
        assert first["verdict"] == "stable", first
        text = server.cli("monitor", "drift", "sum").stdout
        assert "the first 1,000 rows that were asked for: none was pushed with the version" in text, text
        # The window that is open has rows of both kinds in it; the one after it has not.
        window = until(drift(server)["open"]["number"] + 1, shift=0.8)
    names = {feature["feature"] for feature in window["features"] if feature["verdict"] == "drift"}
    # The column of few values moved by an index of 0.1: it may be said, and need not.
    assert window["verdict"] == "drift" and {"x[0]", "y"} <= names and "x[1]" not in names, window
    assert window["inARow"] >= 1 and "has drifted" in server.log_text()


def test_values_that_go_missing_and_categories_that_are_new_are_found(new_server, tmp_path):
    server = new_server()
    rows = Rows(2)
    deploy(server, tmp_path, write_csv(tmp_path / "reference.csv", *rows.draw(2_000), outputs=False))
    assert drift(server)["reference"]["kind"] == "mixed"
    send(server, *rows.draw(1_000))
    x, cities = rows.draw(2_000)
    cities[::10] = "Rostock"
    # JSON has no not-a-number; the binary extension does, as gRPC.
    x[::5, 1] = np.nan
    with grpc.InferenceServerClient(server.grpc_address) as client:
        number = drift(server)["open"]["number"]
        deadline = time.monotonic() + 60
        while (drift(server).get("latest") or {"number": 0})["number"] < number + 1:
            assert time.monotonic() < deadline
            inputs = [grpc.InferInput("x", [500, 3], "FP32"), grpc.InferInput("city", [500, 1], "BYTES")]
            inputs[0].set_data_from_numpy(x[:500])
            inputs[1].set_data_from_numpy(np.array([[city.encode()] for city in cities[:500]], dtype=object))
            client.infer("sum", inputs)
    found = by_name(closed(server, number + 1))
    assert found["x[1]"]["verdict"] == "drift" and found["x[1]"]["test"] == "missing"
    assert found["x[1]"]["missing"] == pytest.approx(0.2, abs=0.02)
    assert found["city"]["verdict"] == "drift" and found["city"]["newCategory"] == "Rostock"
    assert found["city"]["newShare"] == pytest.approx(0.1, abs=0.02)
    assert found["x[0]"]["verdict"] == "stable"


def test_kill_9_in_the_middle_of_a_window_loses_a_second_at_most(new_server, tmp_path):
    server = new_server()
    rows = Rows(3)
    deploy(server, tmp_path, write_csv(tmp_path / "reference.csv", *rows.draw(2_000)), settings=None)
    total = 0
    for round in range(3):
        send(server, *rows.draw(300))
        total += 300
        # Whatever was counted a second ago is on disk.
        wait_until(lambda: drift(server)["open"]["rows"] == total, f"{total} rows")
        time.sleep(1.1)
        server.kill()
        server.start()
        found = drift(server)
        assert (found["open"]["number"], found["open"]["rows"]) == (1, total)
        assert found["reference"]["kind"] == "file" and found["reference"]["rows"] == 2_000
    # Killed at any moment: what is there is whole, and lacks no more than what came last.
    for round in range(5):
        send(server, *rows.draw(20))
        before = drift(server)["open"]["rows"]
        server.kill()
        server.start()
        now = drift(server)["open"]["rows"]
        assert before - 20 <= now <= before
    assert "cannot be" not in server.log_text()


def test_a_stop_loses_nothing_and_damaged_files_are_passed_over(new_server, tmp_path):
    server = new_server()
    rows = Rows(4)
    deploy(server, tmp_path, write_csv(tmp_path / "reference.csv", *rows.draw(2_000)), settings=None)
    send(server, *rows.draw(500))
    assert server.terminate() == 0
    server.start()
    assert drift(server)["open"]["rows"] == 500
    send(server, *rows.draw(100))
    assert server.terminate() == 0
    folder = server.data / "drift" / "default" / "sum"
    whole = (folder / "1.window").read_bytes()
    for length in (0, 1, 17, len(whole) // 2, len(whole) - 1):
        (folder / "1.window").write_bytes(whole[:length])
        (folder / "1.window.new").write_bytes(whole[:length])
        server.start()
        # The one before it: at most half a second older.
        assert 500 <= drift(server)["open"]["rows"] <= 600
        server.kill()
    for name in os.listdir(folder):
        (folder / name).write_bytes(b"\x00garbage" * 100)
    server.start()
    wait_until(lambda: drift(server) is not None, "a watch that begins anew")
    assert (drift(server)["open"]["rows"], drift(server)["reference"]["kind"]) == (0, "file")


def test_a_clock_that_jumps_an_hour_makes_no_alarm_and_loses_no_window(new_server, tmp_path):
    library = tmp_path / "clock.so"
    source = pathlib.Path(__file__).parent / "jumping_clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    offset = tmp_path / "offset"
    offset.write_text("0")
    server = new_server(env={"LD_PRELOAD": str(library), "JUMPING_CLOCK": str(offset)})
    rows = Rows(5)
    # 300 rows would close a window of an hour: none is over because the clock says so.
    deploy(server, tmp_path, write_csv(tmp_path / "reference.csv", *rows.draw(2_000)), settings=None)
    total = 0
    for jump in (0, 3600, 0, -3600, 0):
        offset.write_text(str(jump))
        send(server, *rows.draw(100))
        total += 100
        time.sleep(0.6)
        found = drift(server)
        assert "latest" not in found and (found["open"]["number"], found["open"]["rows"]) == (1, total)
        assert found["open"]["seconds"] < 120
    server.kill()
    offset.write_text("3600")
    server.start()
    assert drift(server)["open"]["rows"] == total
    configure(server)
    offset.write_text("-3600")
    send(server, *rows.draw(1_600))
    assert closed(server, 1)["verdict"] == "stable"


def test_settings_hold_at_once_and_after_a_restart(new_server, tmp_path):
    server = new_server()
    rows = Rows(6)
    deploy(server, tmp_path, write_csv(tmp_path / "reference.csv", *rows.draw(2_000)))
    send(server, *rows.draw(100))
    configure(server, {"drift": {"enabled": False}})
    path = "/api/v1/spaces/default/deployments/sum/drift"
    wait_until(lambda: not drift(server)["watched"], "the end of the watch")
    for restart in (False, True):
        if restart:
            assert server.terminate() == 0
            server.start()
        assert server.json("GET", path)[1]["enabled"] is False
        time.sleep(0.2)
        before = drift(server)["sampled"]
        ask(server, *rows.draw(100))
        time.sleep(0.2)
        assert drift(server)["sampled"] == before
    assert "switched off" in server.cli("monitor", "drift", "sum").stdout
    configure(server, {})
    wait_until(lambda: drift(server)["watched"], "the watch")
    wait_until(lambda: ask(server, *rows.draw(10)) or drift(server)["sampled"] > before, "rows that are counted")


def test_each_version_has_a_reference_and_windows_of_its_own(new_server, tmp_path):
    server = new_server()
    rows = Rows(7)
    deploy(server, tmp_path, write_csv(tmp_path / "one.csv", *rows.draw(2_000)))
    send(server, *rows.draw(2_000))
    assert closed(server, 1)["verdict"] == "stable"
    # The same model with another reference is another version: what came before is far from it.
    server.cli("model", "push", tmp_path / "sum.onnx", "--name", "sum", "--reference",
               write_csv(tmp_path / "two.csv", *rows.draw(1_500, shift=3)))
    server.put_deployment("sum", "sum")
    wait_until(lambda: drift(server)["version"] == 2, "version 2")
    assert (drift(server)["reference"]["rows"], drift(server)["open"]["rows"]) == (1_500, 0)
    send(server, *rows.draw(2_000))
    assert closed(server, 1)["verdict"] == "drift"
    status, answer = server.json("GET", "/api/v1/spaces/default/deployments/sum/drift?windows=5")
    assert [(one["version"], one["latest"]["verdict"]) for one in answer["versions"]] == [(2, "drift"), (1, "stable")]
    assert answer["live"] == 2
    assert len(server.json("GET", "/api/v1/spaces/default/deployments/sum/drift?version=1")[1]["versions"]) == 1


def test_a_reference_that_does_not_fit_is_refused_and_makes_no_version(new_server, tmp_path):
    server = new_server()
    path = model(tmp_path / "sum.onnx")
    for text, words in [
        ("x[0],x[1]\n1,two\n", "that are no numbers"), ("a,b\n1,2\n", "no column that is an input"),
        ("x[0],city\n", "no rows"), ("", "is empty"), ("x[0]\n1,2\n", "line 2"),
    ]:
        (tmp_path / "reference.csv").write_text(text)
        result = server.cli("model", "push", path, "--name", "sum", "--reference", tmp_path / "reference.csv", check=False)
        assert result.returncode == 1 and words in result.stderr, result.stderr
    result = server.cli("model", "push", path, "--name", "sum", "--reference", tmp_path / "none.csv", check=False)
    assert result.returncode == 1 and "cannot read" in result.stderr
    folder = tmp_path / "folder"
    folder.mkdir()
    path.rename(folder / "model.onnx")
    (folder / "reference.profile").write_bytes(b"x[0]\n1\n")
    result = server.cli("model", "push", folder, "--name", "sum", check=False)
    assert result.returncode == 1 and "no reference profile" in result.stderr, result.stderr
    assert server.json("GET", "/api/v1/spaces/default/models/sum")[0] == 404
    # JSON Lines, and the folder's own file in its place.
    (folder / "reference.profile").unlink()
    (tmp_path / "reference.jsonl").write_text(json.dumps({"x[0]": 1.5, "city": "Ulm"}) + "\n")
    server.cli("model", "push", folder, "--name", "sum", "--reference", tmp_path / "reference.jsonl")


def test_a_space_that_is_gone_takes_its_drift_with_it(new_server, tmp_path):
    server = new_server()
    assert server.json("POST", "/api/v1/spaces", {"name": "lab"})[0] == 201
    # The model is the first space's, and only lent.
    server.cli("model", "push", model(tmp_path / "sum.onnx"), "--name", "sum")
    assert server.json("PUT", "/api/v1/spaces/lab/policy", {"promotesFrom": ["default"]})[0] == 200
    server.cli("promote", "sum:1", "--from", "default", "--to", "lab")
    server.cli("deploy", "sum:1", "--space", "lab")
    folder = server.data / "drift" / "lab" / "sum"
    wait_until(lambda: folder.exists(), "its folder")
    assert server.request("DELETE", "/api/v1/spaces/lab/deployments/sum")[0] == 200
    status, _, answer = server.request("DELETE", "/api/v1/spaces/lab")
    assert status == 200, answer
    wait_until(lambda: not folder.exists(), "the end of its folder")
