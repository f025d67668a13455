"""Scoring as MLflow's server and SageMaker's containers do it: the same bodies to MLflow's own scoring code and to the server,
on the same model, and the same answers."""

import csv
import io
import json
import os
import re

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"

import mlflow.onnx
import mlflow.pyfunc
import numpy
import onnx
import pandas
import pytest
from mlflow.models import infer_signature
from mlflow.pyfunc import scoring_server
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
from starlette.testclient import TestClient

from recipes import graph, model, node, tensor
from rollout_models import sound
from slipway_server import wait_until

JSON = {"Content-Type": "application/json"}
CSV = {"Content-Type": "text/csv"}
NAMES = ["a", "b", "c", "d"]
ROWS = [[1.5, 2.0, -3.25, 4.0], [0.5, 0.25, 1e-3, 1e6], [5.1, 3.5, 1.4, 0.2]]


class Bare:
    """A model behind MLflow's scoring server that answers as most flavours do: the array itself where there is one output,
    else a table with a column for each. ONNX Runtime is MLflow's own ONNX flavour's."""

    def __init__(self, loaded):
        self.loaded = loaded
        self.metadata = loaded.metadata

    def predict(self, data, params=None):
        outputs = self.loaded.predict(data)
        if isinstance(outputs, pandas.DataFrame):
            outputs = {name: outputs[name].to_numpy() for name in outputs}
        shaped = {name: numpy.asarray(value) for name, value in outputs.items()}
        if len(shaped) == 1:
            (only,) = shaped.values()
            return only
        return pandas.DataFrame({name: list(value) for name, value in shaped.items()})


def mlflow_app(path, folder, signature=None):
    """MLflow's own server around the model file at `path`."""
    kept = folder / "mlflow"
    mlflow.onnx.save_model(onnx.load(path), kept, signature=signature, pip_requirements=["onnxruntime"])
    return TestClient(scoring_server.init(Bare(mlflow.pyfunc.load_model(str(kept)))))


def two_columns(folder):
    """total = price + tax, gap = price - tax: an input and an output for each column."""
    whole = graph(
        "columns", [node("Add", ["price", "tax"], ["total"]), node("Sub", ["price", "tax"], ["gap"])],
        [tensor("price", "FP32", ["n"]), tensor("tax", "FP32", ["n"])],
        [tensor("total", "FP32", ["n"]), tensor("gap", "FP32", ["n"])])
    path = folder / "columns.onnx"
    onnx.save(model(whole), path)
    return path


@pytest.fixture(scope="module")
def twins(tmp_path_factory, server):
    """The server with two endpoints, and MLflow's server around the same files."""
    folder = tmp_path_factory.mktemp("twins")
    files = {"features": sound(folder, 1), "columns": two_columns(folder)}
    apps = {}
    for name, path in files.items():
        server.push_file(path, name)
        server.put_deployment(name, name)
        (folder / name).mkdir()
        apps[name] = mlflow_app(path, folder / name)
    return server, apps


def ask(server, endpoint, body, headers=JSON, prefix="", query=""):
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return server.request("POST", f"{prefix}/endpoints/{endpoint}/invocations{query}", text, headers)


def same(ours, theirs):
    """Numbers as FP32: MLflow writes all digits of the nearest double, the server as many as tell it apart."""
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        return all(same(ours[name], theirs[name]) for name in theirs)
    if isinstance(theirs, list):
        assert len(ours) == len(theirs)
        return all(same(left, right) for left, right in zip(ours, theirs))
    left, right = numpy.float32(ours), numpy.float32(theirs)
    return left == right or (numpy.isnan(left) and numpy.isnan(right))


def flat(value):
    return [leaf for element in value for leaf in flat(element)] if isinstance(value, list) else [value]


SPLIT = {"columns": NAMES, "data": ROWS}
RECORDS = [dict(zip(NAMES, row)) for row in ROWS]


@pytest.mark.parametrize("body", [
    {"dataframe_split": SPLIT}, {"dataframe_split": {"index": [4, 5, 6], **SPLIT}}, {"dataframe_split": {"data": ROWS}},
    {"dataframe_records": RECORDS}, {"instances": ROWS}, {"inputs": ROWS}, {"inputs": {"x": ROWS}},
    {"instances": [{"x": row} for row in ROWS]}, {"inputs": ROWS, "params": None}, {"inputs": ROWS, "more": {"a": [1]}},
    '{"inputs": [[NaN, Infinity, -Infinity, 1.0]]}', '{"dataframe_split": {"data": [[null, NaN, 1.5, 2.5], [1.0, 2.0, 3.0, 4.0]]}}',
], ids=lambda body: str(body)[:40])
def test_one_input_of_features_is_answered_as_mlflow_answers(twins, body):
    server, apps = twins
    text = body if isinstance(body, str) else json.dumps(body)
    theirs = apps["features"].post("/invocations", content=text, headers=JSON)
    status, headers, answer = ask(server, "features", text)
    assert (status, theirs.status_code) == (200, 200), (answer, theirs.text)
    ours = json.loads(answer)
    wanted = json.loads(theirs.text)["predictions"]
    assert list(ours) == ["predictions"] and headers["content-type"] == "application/json"
    if "dataframe" in text:
        # MLflow's ONNX flavour makes one long list of what it makes of a table; the rows are the server's own.
        assert len(ours["predictions"]) == len(flat(wanted)) // 4
        assert same(flat(ours["predictions"]), flat(wanted))
    else:
        assert same(ours["predictions"], wanted)


@pytest.mark.parametrize("body", [
    {"dataframe_split": {"columns": ["tax", "price"], "data": [[1.0, 2.0], [0.25, 8.5]]}},
    {"dataframe_records": [{"price": 2.0, "tax": 1.0}, {"tax": 0.25, "price": 8.5}]},
    {"inputs": {"price": [2.0, 8.5], "tax": [1.0, 0.25]}}, {"instances": [{"price": 2.0, "tax": 1.0}, {"price": 8.5, "tax": 0.25}]},
    {"dataframe_split": {"columns": ["price", "tax"], "data": [[None, 1.0], [2.0, 1.0]]}},
], ids=lambda body: next(iter(body)))
def test_columns_find_their_inputs_and_several_outputs_are_records(twins, body):
    server, apps = twins
    theirs = apps["columns"].post("/invocations", json=body)
    status, _, answer = ask(server, "columns", body)
    assert (status, theirs.status_code) == (200, 200), (answer, theirs.text)
    assert same(json.loads(answer)["predictions"], json.loads(theirs.text)["predictions"])


@pytest.mark.parametrize("endpoint, text", [
    ("columns", "price,tax\n2.0,1.0\n8.5,0.25\n"), ("columns", "tax,price\n1.0,2.0\n,8.5\n"),
    ("features", "a,b,c,d\n1.5,2.0,-3.25,4.0\n.5,+0.25,1e-3,1E6\n"),
])
def test_csv_with_a_header_is_read_as_mlflow_reads_it(twins, endpoint, text):
    server, apps = twins
    theirs = apps[endpoint].post("/invocations", content=text, headers=CSV)
    status, _, answer = ask(server, endpoint, text, CSV)
    assert (status, theirs.status_code) == (200, 200), (answer, theirs.text)
    ours, wanted = json.loads(answer)["predictions"], json.loads(theirs.text)["predictions"]
    assert same(flat(ours), flat(wanted)) if endpoint == "features" else same(ours, wanted)


def test_csv_without_a_header_as_sagemaker_sends_it_and_csv_back(twins):
    server, _ = twins
    text = "\n".join(",".join(str(cell) for cell in row) for row in ROWS)
    status, headers, answer = ask(server, "features", text, CSV | {"Accept": "text/csv"})
    assert status == 200 and headers["content-type"].startswith("text/csv"), answer
    assert re.fullmatch(r"[0-9a-f-]{16,}", headers["slipway-prediction-id"])
    rows = [[float(cell) for cell in row] for row in csv.reader(io.StringIO(answer.decode()))]
    assert numpy.allclose(rows, numpy.array(ROWS, numpy.float32) * 2)
    status, _, answer = ask(server, "columns", "2,1\n8.5,0.25\n", {"Content-Type": "text/csv; header=absent", "Accept": "text/csv"})
    assert (status, answer) == (200, b"3.0,1.0\n8.75,8.25\n")
    # Numbers alone are no header, unless the caller says that they are; then there must be names.
    assert ask(server, "features", text, {"Content-Type": "text/csv; header=present"})[0] == 400


def test_mlflows_own_client_scores(twins):
    server, _ = twins
    client = ScoringServerClient("127.0.0.1", server.port)
    client.wait_server_ready(timeout=30)
    client.url_prefix += "/endpoints/features"
    frame = pandas.DataFrame(ROWS, columns=NAMES)
    predictions = client.invoke(frame).get_predictions()
    assert numpy.allclose(predictions.to_numpy(), numpy.array(ROWS) * 2)
    assert numpy.allclose(client.invoke(numpy.array(ROWS)).get_predictions().to_numpy(), numpy.array(ROWS) * 2)


@pytest.mark.parametrize("body, headers", [
    ("", JSON), ("no json", JSON), ('{"inputs": [[1.0]', JSON), ("[1, 2]", JSON), ("7", JSON), ("{}", JSON),
    ('{"messages_of_mine": []}', JSON), ('{"inputs": [[1.0]], "instances": [[1.0]]}', JSON),
    ('{"dataframe_split": [[1.0]]}', JSON), ('{"dataframe_split": {"columns": ["a"]}}', JSON),
    ('{"dataframe_split": {"data": [[1.0]], "dtypes": 1}}', JSON), ('{"dataframe_records": {"a": [1.0]}}', JSON),
    ('{"dataframe_records": 3}', JSON), ('{"inputs": [[1.0, 2.0]]}', JSON), ('{"inputs": [["a", "b", "c", "d"]]}', JSON),
    ('{"inputs": [[1.0, 2.0, 3.0, 4.0], [1.0]]}', JSON), (b"\xff\xfe\x00", JSON), ("", CSV), ("a,b\n1,2\n", CSV), (b"\xff\xff,\x00", CSV),
])
def test_bad_bodies_are_refused_in_mlflows_form(twins, body, headers):
    server, apps = twins
    theirs = apps["features"].post("/invocations", content=body, headers=headers)
    status, fields, answer = ask(server, "features", body, headers)
    refused = json.loads(answer)
    assert status == 400 and theirs.status_code == 400, (answer, theirs.text)
    assert set(refused) == {"error_code", "message"} and refused["message"]
    assert refused["error_code"] == json.loads(theirs.text)["error_code"] == "BAD_REQUEST"
    assert fields["content-type"] == "application/json"


@pytest.mark.parametrize("kind", ["application/x-npy", "text/plain", "application/json; charset=latin-1", "application/x-www-form-urlencoded"])
def test_other_types_are_415_as_there(twins, kind):
    server, apps = twins
    headers = {"Content-Type": kind}
    assert apps["features"].post("/invocations", content="{}", headers=headers).status_code == 415
    status, _, answer = ask(server, "features", "{}", headers)
    assert status == 415 and json.loads(answer)["error_code"] == "BAD_REQUEST"


@pytest.mark.parametrize("body, word", [
    ({"dataframe_records": [{"price": 1.0}]}, "also needs the input 'tax'"),
    ({"dataframe_records": [{"price": 1.0, "tex": 2.0}]}, "did you mean 'tax'?"),
    ({"dataframe_records": [{"price": 1.0, "tax": 2.0, "tip": 3.0}]}, "no input for the column 'tip'"),
    ({"dataframe_recrods": []}, "did you mean 'dataframe_records'?"),
    ({"inputs": {"price": [1.0], "tax": [2.0]}, "params": {"temperature": 1}}, "the model takes no parameters"),
])
def test_what_does_not_fit_is_named(twins, body, word):
    status, _, answer = ask(twins[0], "columns", body)
    assert status == 400 and word in json.loads(answer)["message"], answer


def test_the_endpoint_is_named_in_the_path_the_query_or_sagemakers_header(twins):
    server, _ = twins
    body = {"inputs": ROWS}
    wanted = json.loads(ask(server, "features", body)[2])
    for path, headers in [
        ("/spaces/default/endpoints/features/invocations", {}), ("/invocations?endpoint=features", {}),
        ("/invocations?a=b&endpoint=%66eatures", {}), ("/invocations", {"X-Amzn-SageMaker-Target-Model": "features"}),
        ("/spaces/default/invocations", {"x-amzn-sagemaker-target-model": "features"}),
        ("/invocations?endpoint=features", {"X-Amzn-SageMaker-Target-Model": "features"}),
    ]:
        status, _, answer = server.request("POST", path, json.dumps(body), JSON | headers)
        assert (status, json.loads(answer)) == (200, wanted), (path, answer)
    status, answer = server.json("POST", "/invocations", body, JSON)
    assert status == 400 and answer["error_code"] == "BAD_REQUEST"
    for word in ("'columns'", "'features'", "/endpoints/columns/invocations", "?endpoint=columns", "X-Amzn-SageMaker-Target-Model"):
        assert word in answer["message"], answer
    for path, headers, code in [
        ("/invocations?endpoint=nobody", {}, 404), ("/endpoints/nobody/invocations", {}, 404), ("/invocations?endpoint=%zz", {}, 400),
        ("/invocations?endpoint=a&endpoint=b", {}, 400), ("/invocations", {"X-Amzn-SageMaker-Target-Model": "../x"}, 404),
        ("/invocations?endpoint=features", {"X-Amzn-SageMaker-Target-Model": "columns"}, 400),
        ("/spaces/nowhere/invocations", {}, 404),
    ]:
        status, answer = server.json("POST", path, body, JSON | headers)
        assert status == code and set(answer) == {"error_code", "message"}, (path, answer)
    assert server.request("GET", "/ping")[::2] == (200, b"\n")
    assert server.request("GET", "/endpoints/features/ping")[0] == 200
    assert server.request("GET", "/spaces/default/endpoints/features/ping")[0] == 200
    assert server.request("GET", "/endpoints/nobody/ping")[0] == 404


def test_it_is_an_ordinary_prediction(new_server, tmp_path):
    """Of the only endpoint of a space: packed bodies, keys that reach only some, limits, the ledger, the prediction's id."""
    import gzip

    server = new_server("data", "--auth")
    owner = {"SLIPWAY_TOKEN": re.search(r"slw_\S+", server.log_text())[0]}
    as_owner = {"Authorization": "Bearer " + owner["SLIPWAY_TOKEN"]}
    server.push_file(sound(tmp_path, 1), "features", headers=as_owner)
    server.put_deployment("features", "features", headers=as_owner, options={"ledger": {}})
    server.cli("member", "add", "vera", "--role", "viewer", env=owner)
    key = server.cli(
        "key", "create", "--principal", "vera", "--endpoint", "features", "--requests-per-month", "3", env=owner).stdout.strip()
    vera = {"Authorization": "Bearer " + key} | JSON
    body = json.dumps({"inputs": ROWS})
    for number, (path, text, extra) in enumerate([
        ("/invocations", body, {}), ("/endpoints/features/invocations", gzip.compress(body.encode()), {"Content-Encoding": "gzip"}),
        ("/invocations?endpoint=features", body, {}),
    ]):
        status, headers, answer = server.request("POST", path, text, vera | extra)
        assert status == 200, answer
        assert headers["ratelimit-remaining" if "ratelimit-remaining" in headers else "ratelimit"]
    status, answer = server.json("POST", "/invocations", json.loads(body), vera)
    assert (status, answer["error_code"]) == (429, "REQUEST_LIMIT_EXCEEDED")
    for headers, code, word in [({}, 401, "UNAUTHENTICATED"), ({"Authorization": "Bearer slw_a_b"}, 401, "UNAUTHENTICATED")]:
        status, answer = server.json("POST", "/endpoints/features/invocations", json.loads(body), JSON | headers)
        assert (status, answer["error_code"]) == (code, word)
    # Who sees nothing of a space learns nothing of it.
    stranger = server.cli("key", "create", "--principal", "sam", env=owner).stdout.strip()
    status, answer = server.json("POST", "/invocations", json.loads(body), JSON | {"Authorization": "Bearer " + stranger})
    assert status == 404 and "features" not in answer["message"]
    assert server.request("GET", "/ping")[0] == 200 and server.request("GET", "/endpoints/features/ping")[0] == 401

    def rows():
        path = "/api/v1/spaces/default/deployments/features/ledger/rows"
        return [json.loads(line) for line in server.request("GET", path, headers=as_owner)[2].splitlines()]

    wait_until(lambda: len(rows()) >= 3, "the ledger's rows", 30)
    assert {row["caller"] for row in rows()} <= {"vera"} and len({row["prediction"] for row in rows()}) >= 3
