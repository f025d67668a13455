"""MLflow's model registry, by its own client: what it registers is a version like any other, or is kept and never run."""

import concurrent.futures
import json
import os

from mlflow_models import NEEDS, ROWS, TRUTH, logged, mlflow, numpy, trained

import onnx
import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.utils.search_utils import SearchModelUtils, SearchModelVersionUtils

from slipway_server import SlipwayServer


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    """A server, and the client that talks to it."""
    folder = tmp_path_factory.mktemp("mlflow")
    server = SlipwayServer(folder / "data", log=folder / "server.log").start()
    mlflow.set_tracking_uri(server.url)
    mlflow.set_experiment("registry")
    yield server
    server.kill()


@pytest.fixture
def client(door):
    mlflow.set_tracking_uri(door.url)
    return MlflowClient(door.url)


def call(server, method, path, body=None, space=None):
    """One request of MLflow's interface: (status, answer)."""
    before = f"/spaces/{space}" if space else ""
    return server.json(method, f"{before}/api/2.0/mlflow/{path}", body, {"Content-Type": "application/json"})


def refused(code, body):
    """The error that the client raises must have this code; gives its text."""
    with pytest.raises(MlflowException) as error:
        body()
    assert error.value.error_code == code, error.value
    return str(error.value)


def predicted(server, endpoint, rows):
    status, answer = server.infer(
        endpoint, [{"name": "X", "shape": list(rows.shape), "datatype": "FP32", "data": rows.flatten().tolist()}])
    assert status == 200, answer
    return {output["name"]: numpy.array(output["data"]).reshape(output["shape"]) for output in answer["outputs"]}


def test_a_logged_model_becomes_a_version_with_all_that_is_known_of_it(door, client):
    estimator, _ = trained(1)
    run, info = logged(
        "churn", seed=1, metrics={"loss": 0.25}, signature=infer_signature(ROWS, estimator.predict(ROWS)),
        input_example=ROWS[:2])
    version = client.get_model_version("churn", "1")
    assert (version.version, version.status, version.current_stage) == ("1", "READY", "None")
    assert version.run_id == run
    assert version.source == f"models:/{info.model_id}"
    assert call(door, "GET", "model-versions/get?name=churn&version=1")[1]["model_version"]["model_id"] == info.model_id
    shown = door.cli_json("model", "show", "churn:1")["version"]
    assert shown["metrics"] == {"accuracy": pytest.approx(0.91), "loss": 0.25}
    assert shown["gitCommit"] == f"{1:040x}"
    assert (shown["mlflowRun"], shown["source"]) == (run, version.source)
    assert "undeployable" not in shown and shown["format"] == "onnx"
    assert [(tensor["name"], tensor["datatype"], tensor["shape"][1]) for tensor in shown["inputs"]] == [("X", "FP32", 4)]
    assert {"MLmodel", "model.onnx"} <= {file["path"] for file in shown["files"]}
    text = door.cli("model", "show", "churn:1").stdout
    assert run in text and "accuracy" in text


@pytest.fixture(scope="module")
def churn(door):
    """Two versions of one model, the second of which is the champion and answers."""
    mlflow.set_tracking_uri(door.url)
    for seed in (3, 4):
        logged("leavers", seed)
    MlflowClient(door.url).set_registered_model_alias("leavers", "champion", "2")
    door.cli("deploy", "leavers@champion")
    return "leavers"


@pytest.mark.parametrize("uri", ["models:/leavers@champion", "models:/leavers/2", "models:/leavers/latest"])
def test_pyfunc_predicts_what_the_endpoint_answers(door, client, churn, uri):
    model = mlflow.pyfunc.load_model(uri)
    assert model.metadata.flavors["onnx"]["data"] == "model.onnx"
    local, served = model.predict(ROWS), predicted(door, "leavers", ROWS)
    assert (local["label"] == served["label"]).all()
    numpy.testing.assert_allclose(local["probabilities"], served["probabilities"], rtol=1e-5, atol=1e-6)


def test_the_alias_is_the_space_s_name_for_a_version(door, client, churn):
    shown = door.cli("model", "show", "leavers@champion").stdout
    assert "leavers:2" in shown and "champion" in shown
    assert door.cli_json("deployment", "show", "leavers")["version"] == 2
    failed = door.cli("deploy", "leavers@nobody", check=False)
    assert failed.returncode == 1 and "champion" in failed.stderr
    assert client.get_model_version_by_alias("leavers", "champion").version == "2"
    assert client.get_registered_model("leavers").aliases == {"champion": "2"}
    assert client.get_model_version("leavers", "2").aliases == ["champion"]
    client.set_registered_model_alias("leavers", "challenger", "1")
    client.delete_registered_model_alias("leavers", "challenger")
    assert "RESOURCE_DOES_NOT_EXIST" == call(
        door, "GET", "registered-models/alias?name=leavers&alias=challenger")[1]["error_code"]
    assert "means a version" in refused(
        "INVALID_PARAMETER_VALUE", lambda: MlflowClient(door.url)._get_registry_client().store
        .set_registered_model_alias("leavers", "v1", "1"))


def test_a_pickle_is_kept_and_never_deployed(door, client, tmp_path):
    marker = tmp_path / "executed"

    class Trap:
        def __reduce__(self):
            return os.system, (f"touch {marker}",)

    mlflow.sklearn.autolog(registered_model_name="autologged", log_input_examples=False, silent=True)
    try:
        with mlflow.start_run():
            estimator, _ = trained(5)
    finally:
        mlflow.sklearn.autolog(disable=True)
    version = client.get_model_version("autologged", "1")
    assert version.status == "READY" and "cannot be deployed" in version.status_message
    shown = door.cli_json("model", "show", "autologged:1")["version"]
    assert shown["format"] == "mlflow" and "no ONNX flavour" in shown["undeployable"]
    for command in (["deploy", "autologged"], ["promote", "autologged:1", "--from", "default", "--to", "prod"]):
        failed = door.cli(*command, check=False)
        assert failed.returncode == 1 and "no ONNX flavour" in failed.stderr, failed.stderr
    assert "no ONNX flavour" in door.cli("model", "show", "autologged").stdout
    assert (mlflow.sklearn.load_model("models:/autologged/1").predict(ROWS) == estimator.predict(ROWS)).all()

    # What calls itself a model of Python, with a trap in it.
    import pickle
    (tmp_path / "trap").mkdir()
    (tmp_path / "trap/MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n")
    (tmp_path / "trap/model.pkl").write_bytes(pickle.dumps(Trap()))
    with mlflow.start_run() as run:
        mlflow.log_artifacts(tmp_path / "trap", "model")
    mlflow.register_model(f"runs:/{run.info.run_id}/model", "trap")
    assert "loaded by mlflow.sklearn" in door.cli_json("model", "show", "trap:1")["version"]["undeployable"]
    assert not marker.exists()


def test_a_run_s_artifacts_and_versions_can_be_registered_again(door, client, churn, tmp_path):
    _, model = trained(6)
    mlflow.onnx.save_model(model, tmp_path / "model", pip_requirements=NEEDS)
    with mlflow.start_run() as run:
        mlflow.log_metric("accuracy", 0.96)
        mlflow.log_artifacts(tmp_path / "model", "deep/model")
    version = mlflow.register_model(f"runs:/{run.info.run_id}/deep/model", "again", tags={"team": "crm"})
    assert (version.version, version.run_id, version.tags) == ("1", run.info.run_id, {"team": "crm"})
    assert door.cli_json("model", "show", "again:1")["version"]["metrics"] == {"accuracy": 0.96}
    copy = client.copy_model_version("models:/leavers@champion", "copied")
    assert copy.version == "1"
    original = client.get_model_version("leavers", "2")
    assert copy.run_id == original.run_id
    digests = [door.cli_json("model", "show", name)["version"]["digest"] for name in ("leavers:2", "copied:1")]
    assert digests[0] == digests[1]


def test_what_was_pushed_by_the_command_line_is_there_too(door, client, tmp_path):
    _, model = trained(7)
    onnx.save(model, tmp_path / "model.onnx")
    door.cli("model", "push", tmp_path / "model.onnx", "--name", "pushed", "--tag", "team=crm")
    version = client.get_model_version("pushed", "1")
    assert version.source == "mlflow-artifacts:/models/pushed/1" and version.tags == {"team": "crm"}
    assert "pushed" in [found.name for found in client.search_registered_models()]
    door.cli("deploy", "pushed")
    local = mlflow.pyfunc.load_model("models:/pushed/1").predict(ROWS)
    assert (local["label"] == predicted(door, "pushed", ROWS)["label"]).all()
    assert (mlflow.onnx.load_model("models:/pushed/latest").SerializeToString() == model.SerializeToString())


def test_a_signature_that_is_not_the_file_s_is_said(door):
    _, model = trained(8)
    wrong = infer_signature({"Z": numpy.zeros((2, 7), dtype=numpy.float64)})
    with mlflow.start_run():
        mlflow.onnx.log_model(
            model, name="model", registered_model_name="differs", signature=wrong, pip_requirements=NEEDS)
    notes = door.cli_json("model", "show", "differs:1")["version"]["notes"]
    assert any("'Z' of MLflow's signature is not in the file" in note for note in notes), notes
    assert any("'X' of the file is not in MLflow's signature" in note for note in notes), notes


def test_tags_descriptions_and_what_is_not_possible(door, client):
    model = client.create_registered_model("empty", tags={"a": "1"}, description="nothing yet")
    assert (model.tags, model.description, model.latest_versions) == ({"a": "1"}, "nothing yet", [])
    assert "already exists" in refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model("empty"))
    client.set_registered_model_tag("empty", "b", "2")
    client.delete_registered_model_tag("empty", "a")
    assert client.update_registered_model("empty", "soon").description == "soon"
    assert client.get_registered_model("empty").tags == {"b": "2"}
    logged("empty", 9)
    client.set_model_version_tag("empty", "1", "checked", "yes")
    client.set_model_version_tag("empty", "1", "gone", "x")
    client.delete_model_version_tag("empty", "1", "gone")
    client.update_model_version("empty", "1", "the first")
    version = client.get_model_version("empty", "1")
    assert (version.tags, version.description) == ({"checked": "yes"}, "the first")
    shown = door.cli_json("model", "show", "empty:1")
    assert shown["version"]["tags"] == {"checked": "yes"} and shown["model"]["tags"] == {"b": "2"}
    assert shown["model"]["description"] == "soon" and shown["version"]["description"] == "the first"
    assert [found.version for found in client.get_latest_versions("empty")] == ["1"]
    assert client.get_latest_versions("empty", ["Production"]) == []
    assert "for life" in refused("INVALID_PARAMETER_VALUE", lambda: client.rename_registered_model("empty", "full"))
    assert "stages" in refused(
        "INVALID_PARAMETER_VALUE", lambda: client.transition_model_version_stage("empty", "1", "Production"))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model("nobody"))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version("empty", "7"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.get_model_version("empty", "x"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_registered_model("a/b"))
    door.cli("deploy", "empty")
    assert "serves it" in refused("INVALID_PARAMETER_VALUE", lambda: client.delete_model_version("empty", "1"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.delete_registered_model("empty"))
    door.cli("deployment", "delete", "empty")
    client.delete_registered_model("empty")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model("empty"))
    # The name stays, and numbers never come back.
    logged("empty", 10)
    assert [found.version for found in client.get_latest_versions("empty")] == ["2"]


FILTERS = [
    "", "name = 'm-a'", "name != 'm-a'", "name LIKE 'm-%'", "name LIKE 'M-%'", "name ILIKE 'M-_'", "name IN ('m-a', 'm-c')",
    "tags.team = 'crm'", "tags.team != 'crm'", "tag.`two words` = \"it's\"", "tags.team LIKE 'c%' AND name != 'm-a'",
    "tags.missing = 'x'", "tags.\"two words\" ILIKE '%IT%'", "attribute.name = 'm-b'", "name = 'm-a' and tags.team = 'crm'",
]
WRONG = ["name > 'a'", "nonsense = 'x'", "name = m", "tags.team IN ('a')", "name = 'a' OR name = 'b'", "name = 'a'; name = 'b'",
         "metrics.a > 1", "name = 'a", "(name = 'a')"]


@pytest.fixture(scope="module")
def named(door):
    client = MlflowClient(door.url)
    for name, tags in {"m-a": {"team": "crm"}, "m-b": {"team": "core", "two words": "it's"}, "m-c": {}}.items():
        client.create_registered_model(name, tags=tags)


@pytest.mark.parametrize("text", FILTERS)
def test_models_are_found_as_mlflow_s_own_code_finds_them(client, named, text):
    everything = [model for model in client.search_registered_models() if model.name.startswith("m-")]
    wanted = SearchModelUtils.filter(everything, text)
    found = [model for model in client.search_registered_models(text) if model.name.startswith("m-")]
    assert [model.name for model in found] == [model.name for model in wanted]
    assert len(wanted) < 3 or text in ("", "name LIKE 'm-%'", "name ILIKE 'M-_'"), "the filter chooses nothing"


@pytest.mark.parametrize("text", WRONG)
def test_a_filter_that_mlflow_refuses_is_refused_here(client, named, text):
    with pytest.raises(MlflowException):
        SearchModelUtils.filter(client.search_registered_models(), text)
    assert "filter" in refused("INVALID_PARAMETER_VALUE", lambda: client.search_registered_models(text))


def test_searches_are_ordered_and_paged(client, named):
    down = client.search_registered_models("name LIKE 'm-%'", order_by=["name DESC"], max_results=2)
    assert [model.name for model in down] == ["m-c", "m-b"]
    rest = client.search_registered_models(
        "name LIKE 'm-%'", order_by=["name DESC"], max_results=2, page_token=down.token)
    assert [model.name for model in rest] == ["m-a"] and not rest.token
    refused("INVALID_PARAMETER_VALUE", lambda: client.search_registered_models(order_by=["size"]))
    refused("INVALID_PARAMETER_VALUE", lambda: client.search_registered_models(page_token="nonsense"))


@pytest.mark.parametrize("text", [
    "name = 'leavers'", "version_number > 1", "version_number = 1 AND name = 'leavers'", "run_id = 'RUN'", "run_id IN ('RUN')",
    "source_path LIKE 'models:/m-%'", "tags.`mlflow.none` = 'x'", "name ILIKE 'LEAV%' AND version_number <= 1",
])
def test_versions_are_found_as_mlflow_s_own_code_finds_them(client, churn, text):
    everything = client.search_model_versions()
    run = client.get_model_version("leavers", "1").run_id
    text = text.replace("RUN", run)
    # MLflow's own store has versions as numbers, its client as texts.
    for version in everything:
        version._version = int(version.version)
    wanted = SearchModelVersionUtils.filter(everything, text)
    found = client.search_model_versions(text)
    assert [(one.name, int(one.version)) for one in found] == [(one.name, one.version) for one in wanted]


SOURCES = [
    ("file:///etc", "INVALID_PARAMETER_VALUE"), ("/etc", "INVALID_PARAMETER_VALUE"), ("etc/passwd", "INVALID_PARAMETER_VALUE"),
    ("file:etc", "INVALID_PARAMETER_VALUE"), ("http://example.org/model", "INVALID_PARAMETER_VALUE"),
    ("https://example.org/model", "INVALID_PARAMETER_VALUE"), ("s3://bucket/model", "INVALID_PARAMETER_VALUE"),
    ("dbfs:/model", "INVALID_PARAMETER_VALUE"), ("mlflow-artifacts://example.org/1/RUN/artifacts", "INVALID_PARAMETER_VALUE"),
    ("models://profile@databricks/churn/1", "INVALID_PARAMETER_VALUE"), ("runs:/RUN/../../other", "INVALID_PARAMETER_VALUE"),
    ("runs:/RUN/%2e%2e/other", "INVALID_PARAMETER_VALUE"), ("runs:/RUN/%252e%252e%252fother", "INVALID_PARAMETER_VALUE"),
    ("runs:/RUN//etc/passwd", "INVALID_PARAMETER_VALUE"), ("mlflow-artifacts:/EXPERIMENT/RUN/artifacts/../../x", "INVALID_PARAMETER_VALUE"),
    ("mlflow-artifacts:/blobs/sha256", "INVALID_PARAMETER_VALUE"), ("mlflow-artifacts:/9/RUN/artifacts/model", "RESOURCE_DOES_NOT_EXIST"),
    ("runs:/RUN/nothing", "INVALID_PARAMETER_VALUE"), ("runs:/" + "0" * 32 + "/model", "RESOURCE_DOES_NOT_EXIST"),
    ("runs:/ELSEWHERE/model", "RESOURCE_DOES_NOT_EXIST"), ("models:/m-" + "0" * 32, "RESOURCE_DOES_NOT_EXIST"),
    ("models:/MODEL_ELSEWHERE", "RESOURCE_DOES_NOT_EXIST"), ("models:/hidden/1", "RESOURCE_DOES_NOT_EXIST"),
    ("models:/leavers/99", "RESOURCE_DOES_NOT_EXIST"), ("models:/leavers/Production", "INVALID_PARAMETER_VALUE"),
    ("models:/leavers@nobody", "RESOURCE_DOES_NOT_EXIST"), ("", "INVALID_PARAMETER_VALUE"),
]


@pytest.fixture(scope="module")
def elsewhere(door, churn):
    """A run and a model of another space, and one of this: what the words of SOURCES stand for."""
    door.cli("space", "create", "other")
    mlflow.set_tracking_uri(f"{door.url}/spaces/other")
    try:
        mlflow.set_experiment("registry")
        run, info = logged("hidden", 11)
    finally:
        mlflow.set_tracking_uri(door.url)
    mlflow.set_experiment("registry")
    with mlflow.start_run() as here:
        mlflow.log_text("x", "model/x.txt")
    MlflowClient(door.url).create_registered_model("target")
    return {"MODEL_ELSEWHERE": info.model_id, "ELSEWHERE": run, "RUN": here.info.run_id,
            "EXPERIMENT": here.info.experiment_id}


@pytest.mark.parametrize("source, code", SOURCES)
def test_a_source_that_is_not_the_space_s_own_is_refused(door, elsewhere, source, code):
    for word, value in elsewhere.items():
        source = source.replace(word, value)
    status, answer = call(door, "POST", "model-versions/create", {"name": "target", "source": source})
    assert (status // 100, answer.get("error_code")) == (4, code), answer
    assert call(door, "GET", "model-versions/search?filter=name%3D'target'")[1].get("model_versions", []) == []


def test_a_name_of_another_space_is_taken_and_no_more(door, elsewhere):
    status, answer = call(door, "POST", "registered-models/create", {"name": "hidden"})
    assert status == 403 and "taken" in answer["message"]
    for method, path in [("GET", "registered-models/get?name=hidden"), ("GET", "model-versions/get?name=hidden&version=1"),
                         ("GET", "model-versions/get-download-uri?name=hidden&version=1")]:
        assert call(door, method, path)[1]["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    listing = requests.get(
        f"{door.url}/api/2.0/mlflow-artifacts/artifacts", params={"path": "models/hidden/1"}, timeout=30)
    assert listing.status_code == 404
    assert "hidden" not in [model["name"] for model in call(door, "GET", "registered-models/search")[1]["registered_models"]]


def test_a_source_and_a_run_that_do_not_belong_together_are_refused(door, client, elsewhere):
    first, second = (client.get_model_version("leavers", number) for number in ("1", "2"))
    for extra in ({"run_id": second.run_id}, {"model_id": second.source.removeprefix("models:/")}):
        status, answer = call(
            door, "POST", "model-versions/create", {"name": "target", "source": first.source, **extra})
        assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), answer


def test_two_clients_at_once_get_numbers_of_their_own(door, client, tmp_path):
    client.create_registered_model("busy")
    with mlflow.start_run() as run:
        for index in range(8):
            _, model = trained(20 + index)
            mlflow.onnx.save_model(model, tmp_path / f"m{index}", pip_requirements=NEEDS)
            mlflow.log_artifacts(tmp_path / f"m{index}", f"m{index}")

    def register(index):
        return call(door, "POST", "model-versions/create", {"name": "busy", "source": f"runs:/{run.info.run_id}/m{index}"})

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(register, range(8)))
    assert [status for status, _ in answers] == [200] * 8, answers
    assert sorted(int(answer["model_version"]["version"]) for _, answer in answers) == list(range(1, 9))


def test_an_onnx_file_that_is_none_is_no_version(door, client, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/MLmodel").write_text("flavors:\n  onnx:\n    data: model.onnx\n")
    (tmp_path / "model/model.onnx").write_bytes(b"not a model at all")
    with mlflow.start_run() as run:
        mlflow.log_artifacts(tmp_path / "model", "model")
    assert "model.onnx" in refused(
        "BAD_REQUEST", lambda: mlflow.register_model(f"runs:/{run.info.run_id}/model", "broken"))
    assert client.get_registered_model("broken").latest_versions == []


POLICY = """
promotesFrom: [default]
gates:
  - {name: whole, kind: integrity}
  - name: unseen
    kind: holdout
    dataset: unseen
    target: species
    metrics: [{metric: accuracy, min: %s}]
"""


def test_it_goes_through_gates_to_production(door, client, churn, tmp_path):
    door.cli("space", "create", "prod")
    rows = "\n".join(",".join(map(str, [*row, label])) for row, label in zip(ROWS.tolist(), TRUTH))
    (tmp_path / "unseen.csv").write_text("a,b,c,d,species\n" + rows + "\n")
    door.cli("dataset", "push", tmp_path / "unseen.csv", "--name", "unseen", "--space", "prod")
    (tmp_path / "policy.yaml").write_text(POLICY % 0.999)
    door.cli("space", "set-policy", "prod", "--file", tmp_path / "policy.yaml")
    stopped = door.cli("promote", "leavers:2", "--to", "prod", check=False)
    assert stopped.returncode == 1 and "accuracy" in stopped.stdout + stopped.stderr
    (tmp_path / "policy.yaml").write_text(POLICY % 0.9)
    door.cli("space", "set-policy", "prod", "--file", tmp_path / "policy.yaml")
    door.cli("promote", "leavers:2", "--to", "prod")
    door.cli("deploy", "leavers:2", "--space", "prod")
    # There the client reads it, gives it a name, and cannot register anything.
    there = MlflowClient(f"{door.url}/spaces/prod")
    assert there.get_registered_model("leavers").aliases == {}
    there.set_registered_model_alias("leavers", "live", "2")
    assert there.get_model_version_by_alias("leavers", "live").version == "2"
    assert "live" not in client.get_registered_model("leavers").aliases
    refused("RESOURCE_DOES_NOT_EXIST", lambda: there.get_model_version("leavers", "1"))
    refused("PERMISSION_DENIED", lambda: there.create_registered_model("new"))
    refused("PERMISSION_DENIED", lambda: there.set_registered_model_tag("leavers", "a", "b"))


def test_all_of_it_is_in_the_audit(door, churn):
    events = door.cli_json("audit", "list")
    actions = {event["action"] for event in events}
    assert {"model.register", "version.push", "alias.set"} <= actions
    assert door.cli("audit", "verify").returncode == 0


def test_every_answer_survives_a_restart(door, client, churn):
    before = client.get_registered_model("leavers"), client.get_model_version("leavers", "2")
    door.terminate()
    door.start()
    after = client.get_registered_model("leavers"), client.get_model_version("leavers", "2")
    assert [dict(one) for one in before] == [dict(one) for one in after]
    assert json.dumps(call(door, "GET", "registered-models/get?name=leavers")[1])
