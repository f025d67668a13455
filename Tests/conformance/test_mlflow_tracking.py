"""Tracking with MLflow's own client, unmodified: what it logs is there, the same as in MLflow's own server, whatever
happens meanwhile."""

import base64
import concurrent.futures
import hashlib
import json
import math
import os
import pathlib
import random
import re
import subprocess
import sys
import urllib.parse

import pytest

import mlflow_scripts
from mlflow_clients import MlflowClient, Names, OracleServer, refused
from slipway_server import BINARY, SlipwayServer, environment, resident_bytes, wait_until

import mlflow
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException


@pytest.fixture(scope="module")
def oracle(tmp_path_factory):
    """MLflow's own server on SQLite."""
    server = OracleServer(tmp_path_factory.mktemp("oracle"))
    yield server.start()
    server.stop()


@pytest.fixture
def client(server):
    return MlflowClient(server.url)


@pytest.fixture
def tracked(server):
    """`mlflow.` itself points at the server, and at nothing afterwards."""
    mlflow.set_tracking_uri(server.url)
    yield mlflow
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(None)


def new_run(client, name="x"):
    experiment = client.get_experiment_by_name(name)
    return client.create_run(experiment.experiment_id if experiment else client.create_experiment(name)).info.run_id


def rest(server, method, path, body=None, headers=None):
    """What a client that is none of MLflow's would see: (status, value)."""
    status, _, answer = server.request(method, path, json.dumps(body) if body is not None else None, headers)
    return status, json.loads(answer)


# The same as MLflow's own server


@pytest.mark.parametrize("script", mlflow_scripts.ALL, ids=lambda script: script.__name__)
def test_a_script_sees_what_it_sees_with_mlflows_own_server(script, server, oracle):
    word = f"script-{script.__name__}"
    here = Names()(script(MlflowClient(server.url), word))
    there = Names()(script(MlflowClient(oracle.url), word))
    assert len(here) == len(there)
    different = [(number, *pair) for number, pair in enumerate(zip(here, there)) if pair[0] != pair[1]]
    assert not different


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    (folder / "tree" / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("hello")
    (folder / "tree" / "spaced name é.txt").write_bytes(bytes(range(256)))
    (folder / "tree" / "sub" / "empty.bin").write_bytes(b"")
    (folder / "tree" / "sub" / "big.bin").write_bytes(random.Random(1).randbytes(3_000_000))
    return folder


def test_artifacts_are_listed_and_come_back_as_with_mlflows_own_server(server, oracle, files):
    here = mlflow_scripts.artifacts(MlflowClient(server.url), "artifacts", files)
    there = mlflow_scripts.artifacts(MlflowClient(oracle.url), "artifacts", files)
    assert here == there


# The fluent interface


def test_a_notebook_logs_and_reads_back(tracked, tmp_path):
    mlflow.set_experiment("notebook")
    with mlflow.start_run(run_name="outer", tags={"a": "b"}, description="what it is") as outer:
        mlflow.log_params({"x": 1, "y": "two"})
        mlflow.log_metrics({"m": 0.5, "n": 2}, step=3)
        mlflow.log_text("text", "notes/a.txt")
        mlflow.log_dict({"k": 1}, "d.json")
        with mlflow.start_run(run_name="inner", nested=True) as inner:
            mlflow.log_metric("m", 1)
    found = mlflow.get_run(outer.info.run_id)
    assert found.info.status == "FINISHED" and found.info.end_time >= found.info.start_time
    assert found.data.params == {"x": "1", "y": "two"}
    assert found.data.metrics == {"m": 0.5, "n": 2.0}
    # What the client sets by itself.
    assert found.data.tags["mlflow.runName"] == "outer" and found.data.tags["mlflow.note.content"] == "what it is"
    assert {"mlflow.user", "mlflow.source.name", "mlflow.source.type"} <= set(found.data.tags)
    assert mlflow.get_run(inner.info.run_id).data.tags["mlflow.parentRunId"] == outer.info.run_id
    children = mlflow.search_runs(
        experiment_names=["notebook"], filter_string=f"tags.mlflow.parentRunId = '{outer.info.run_id}'",
        output_format="list")
    assert [run.info.run_id for run in children] == [inner.info.run_id]
    table = mlflow.search_runs(experiment_names=["notebook"], order_by=["start_time ASC"])
    assert list(table["tags.mlflow.runName"]) == ["outer", "inner"] and table["params.x"][0] == "1"
    assert mlflow.artifacts.load_text(f"runs:/{outer.info.run_id}/notes/a.txt") == "text"
    assert mlflow.artifacts.load_dict(f"{outer.info.artifact_uri}/d.json") == {"k": 1}


def test_a_run_that_raises_is_failed(tracked):
    mlflow.set_experiment("raising")
    with pytest.raises(ZeroDivisionError):
        with mlflow.start_run() as run:
            1 / 0
    assert mlflow.get_run(run.info.run_id).info.status == "FAILED"


def test_every_space_has_the_default_experiment(tracked):
    mlflow.set_experiment("Default")
    with mlflow.start_run() as run:
        pass
    assert run.info.experiment_id == "0"
    assert mlflow.get_experiment("0").name == "Default"
    assert mlflow.get_experiment_by_name("Default").experiment_id == "0"


def test_the_default_experiment_stays(client):
    assert refused(client.delete_experiment, "0") == "INVALID_PARAMETER_VALUE"


def test_links_that_the_client_prints_lead_somewhere(tracked, server, capfd):
    mlflow.set_experiment("links")
    with mlflow.start_run():
        pass
    said = capfd.readouterr()
    links = [word for word in (said.out + said.err).split() if word.startswith("http")]
    assert links
    for link in links:
        parts = urllib.parse.urlsplit(link)
        status, _, answer = server.request("GET", parts.path or "/")
        assert status == 200 and b"runs/get" in answer
    assert server.request("GET", "/spaces/default/")[0] == 200


def test_a_tag_of_a_logged_model_may_have_slashes(client):
    model = client.create_logged_model("0", name="slashed").model_id
    client.set_logged_model_tags(model, {"a/b c/é": "x", "kept": "y"})
    client.delete_logged_model_tag(model, "a/b c/é")
    assert client.get_logged_model(model).tags == {"kept": "y"}


def test_infinity_and_what_is_no_number_come_back_as_they_were(client):
    run = new_run(client)
    for key, value in (("up", math.inf), ("down", -math.inf), ("none", math.nan), ("tiny", 5e-324), ("zero", -0.0)):
        client.log_metric(run, key, value)
    found = client.get_run(run).data.metrics
    assert (found["up"], found["down"], found["tiny"]) == (math.inf, -math.inf, 5e-324)
    assert math.isnan(found["none"])


def test_autolog_of_sklearn_logs_everything_and_runs_nothing(tracked, server, tmp_path):
    """The model is a pickle: bytes to the server, which it keeps and gives back, and never opens."""
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    mlflow.set_experiment("autolog")
    mlflow.sklearn.autolog(log_datasets=True, silent=True)
    try:
        rows, labels = load_iris(return_X_y=True)
        with mlflow.start_run() as run:
            LogisticRegression(max_iter=200).fit(rows, labels)
    finally:
        mlflow.sklearn.autolog(disable=True)
    found = mlflow.get_run(run.info.run_id)
    assert found.data.params["max_iter"] == "200" and found.data.metrics["training_accuracy_score"] > 0.9
    assert [i.dataset.source_type for i in found.inputs.dataset_inputs] == ["code"]
    assert "estimator.html" in [f.path for f in MlflowClient().list_artifacts(run.info.run_id)]
    (model,) = mlflow.search_logged_models(
        experiment_ids=[run.info.experiment_id], output_format="list")
    assert str(model.status) == "READY" and model.source_run_id == run.info.run_id
    files = {f.path for f in MlflowClient().list_artifacts(run.info.run_id, "model")} | {
        f.path for f in MlflowClient().list_logged_model_artifacts(model.model_id)}
    pickles = [path for path in files if path.endswith((".pkl", ".skops"))]
    assert pickles, files
    loaded = mlflow.sklearn.load_model(f"models:/{model.model_id}")
    assert list(loaded.predict(rows[:3])) == list(labels[:3])


def test_an_onnx_model_is_logged_and_scored(tracked, models):
    import numpy
    import onnx

    path = next(p for p in sorted(pathlib.Path(models).rglob("*.onnx")) if p.stat().st_size < 1_000_000)
    mlflow.set_experiment("onnx")
    with mlflow.start_run() as run:
        info = mlflow.onnx.log_model(onnx.load(path), name="net")
    model = mlflow.get_logged_model(info.model_id)
    assert str(model.status) == "READY" and model.source_run_id == run.info.run_id
    assert info.model_id in [o.model_id for o in mlflow.get_run(run.info.run_id).outputs.model_outputs]
    again = mlflow.onnx.load_model(info.model_uri)
    assert again.graph.name == onnx.load(path).graph.name


def test_traces_are_refused_in_mlflows_own_form_and_hurt_nobody(tracked, server):
    mlflow.set_experiment("traced")

    @mlflow.trace
    def double(x):
        return 2 * x

    assert double(21) == 42
    mlflow.flush_trace_async_logging(terminate=False)
    for method, path in (
        ("POST", "/api/3.0/mlflow/traces"), ("GET", "/api/3.0/mlflow/traces/tr-1"), ("POST", "/api/2.0/mlflow/traces"),
        ("POST", "/api/3.0/mlflow/datasets/create"), ("GET", "/api/2.0/mlflow/none"), ("POST", "/api/2.0/mlflow/runs/get"),
        ("GET", "/spaces/default/api/3.0/mlflow/issues/1"), ("POST", "/ajax-api/2.0/mlflow/runs/search"),
    ):
        status, answer = rest(server, method, path, {} if method == "POST" else None)
        assert status in (404, 405) and answer["error_code"] == "ENDPOINT_NOT_FOUND" and answer["message"], path


def test_what_is_wrong_is_said_by_name(server):
    for path, body, field in (
        ("experiments/create", {}, "name"), ("experiments/create", {"name": 1.5}, "name"),
        ("runs/create", {"experiment_id": "0", "start_time": "noon"}, "start_time"), ("runs/update", {}, "run_id"),
        ("runs/log-metric", {"run_id": "x", "key": "k", "timestamp": 1}, "value"),
        ("runs/log-batch", {"run_id": "x", "metrics": [{"key": "k", "value": 1}]}, "metrics[0].timestamp"),
        ("runs/log-batch", {"run_id": "x", "metrics": {}}, "metrics"),
        ("runs/log-batch", {"run_id": "x", "params": [{"key": f"k{i}", "value": "v"} for i in range(101)]}, "100 params"),
        ("runs/log-batch", {"run_id": "x", "metrics": [{"key": "k", "value": 1, "timestamp": i} for i in range(1001)]},
         "1000 metrics"),
        ("runs/search", {"experiment_ids": ["0"], "max_results": 0}, "max_results"),
        ("runs/search", {"experiment_ids": ["0"], "page_token": "nonsense"}, "page_token|token"),
        ("experiments/create", {"name": "elsewhere", "artifact_location": "file:///etc"}, "artifact_location"),
        ("experiments/create", {"name": "elsewhere", "artifact_location": "s3://bucket"}, "artifact_location"),
    ):
        status, answer = rest(server, "POST", f"/api/2.0/mlflow/{path}", body)
        assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), (path, answer)
        assert any(word in answer["message"] for word in field.split("|")), (path, answer)
    for body in ("{", "[]", "nonsense", '{"name": '):
        status, _, answer = server.request("POST", "/api/2.0/mlflow/experiments/create", body)
        assert (status, json.loads(answer)["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert rest(server, "GET", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=elsewhere")[0] == 404


# Artifacts


TRAVERSALS = [
    "../x", "a/../../x", "%2e%2e/x", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%252e%252e/x", "%252e%252e%252fetc",
    "%25252e%25252e/x", "/etc/passwd", "//etc/passwd", "a//b", "./a", "file:/etc/passwd", "file:%2f%2f%2fetc%2fpasswd",
    "C:/x", "..\\..\\x", "a%5c..%5cx", "a%00b", "a%0ab", "%ff", "a/%2e",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_a_path_that_leads_elsewhere_is_refused(path, server, client):
    """Sent as it is written, past every client's own care; reading, writing, listing and deleting alike."""
    run = new_run(client, "traversal")
    client.log_text(run, "mine", "a/b")
    root = f"{client.get_run(run).info.experiment_id}/{run}/artifacts"
    base = "/api/2.0/mlflow-artifacts/artifacts"
    for method in ("PUT", "GET", "DELETE"):
        with server.connect() as connection:
            target = f"{base}/{root}/{path}".encode("latin-1")
            connection.sendall(
                method.encode() + b" " + target + b" HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx")
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        status, body = int(answer.split()[1]), answer.split(b"\r\n\r\n", 1)[1]
        assert status == 400, (method, answer)
        assert json.loads(body)["error_code"] in ("BAD_REQUEST", "INVALID_PARAMETER_VALUE")
    quoted = urllib.parse.quote(urllib.parse.unquote(path), safe="")
    for query in (f"{base}?path={urllib.parse.quote(root, safe='')}%2F{quoted}",
                  f"/api/2.0/mlflow/artifacts/list?run_id={run}&path={quoted}"):
        if path == "%ff":
            continue
        status, answer = rest(server, "GET", query)
        assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), (query, answer)
    assert [f.path for f in client.list_artifacts(run, "a")] == ["a/b"]


def test_an_artifact_is_a_file_or_a_folder_and_replaced_as_a_whole(server, client):
    run = new_run(client, "shapes")
    client.log_text(run, "1", "a/b")
    with pytest.raises(Exception, match="is a folder"):
        client.log_text(run, "2", "a")
    with pytest.raises(Exception, match="nothing can be below it"):
        client.log_text(run, "3", "a/b/c")
    client.log_text(run, "longer than before", "a/b")
    client.log_text(run, "4", "a/b")
    assert [f.file_size for f in client.list_artifacts(run, "a")] == [1]


def test_artifacts_are_deleted(server, client):
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    run = client.create_run("0")
    for name in ("a/1.txt", "a/2.txt", "a.txt", "b.txt"):
        client.log_text(run.info.run_id, name, name)
    repository = get_artifact_repository(run.info.artifact_uri, tracking_uri=server.url)
    repository.delete_artifacts("a")
    assert [f.path for f in client.list_artifacts(run.info.run_id)] == ["a.txt", "b.txt"]
    repository.delete_artifacts("b.txt")
    assert [f.path for f in client.list_artifacts(run.info.run_id)] == ["a.txt"]
    with pytest.raises(Exception, match="404"):
        repository.delete_artifacts("b.txt")


def test_an_upload_that_is_cut_off_leaves_nothing(server, client):
    run = client.create_run("0")
    path = f"/api/2.0/mlflow-artifacts/artifacts/0/{run.info.run_id}/artifacts/half.bin"
    with server.connect() as connection:
        connection.sendall(f"PUT {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n".encode() + b"x" * 500_000)
    assert client.list_artifacts(run.info.run_id) == []
    status, _, answer = server.request("GET", path)
    assert (status, json.loads(answer)["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


LARGE = int(os.environ.get("SLIPWAY_LARGE_ARTIFACT_MB", "300")) * 1_000_000


def test_a_large_artifact_goes_up_and_down_without_memory_for_it(new_server, tmp_path):
    """300 MB, or as much as SLIPWAY_LARGE_ARTIFACT_MB says; what the server may grow by does not depend on it."""
    server = new_server()
    client = MlflowClient(server.url)
    path, digest = tmp_path / "large.bin", hashlib.sha256()
    noise = random.Random(7)
    with path.open("wb") as file:
        for _ in range(LARGE // 1_000_000):
            piece = noise.randbytes(1000) * 1000
            digest.update(piece)
            file.write(piece)
    run = client.create_run("0").info.run_id
    client.log_text(run, "warm", "warm.txt")
    child = server.children()[0]
    before = resident_bytes(child)
    client.log_artifact(run, path)
    path.unlink()
    (tmp_path / "back").mkdir()
    local = mlflow.artifacts.download_artifacts(
        run_id=run, artifact_path="large.bin", dst_path=str(tmp_path / "back"), tracking_uri=server.url)
    with open(local, "rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == digest.hexdigest()
    grown = resident_bytes(child, "VmHWM") - before
    print(f"{LARGE} bytes up and down: the server grew by {grown} bytes at most")
    assert grown < 60_000_000


def test_rotten_bytes_are_never_taken_for_an_artifact(new_server):
    server = new_server()
    client = MlflowClient(server.url)
    run = client.create_run("0").info.run_id
    client.log_text(run, "x" * 100_000, "a.txt")
    (blob,) = [p for p in (server.data / "blobs" / "sha256").rglob("*") if p.is_file()]
    blob.chmod(0o600)
    blob.write_bytes(b"y" * 100_000)
    with pytest.raises(Exception):
        mlflow.artifacts.download_artifacts(run_id=run, artifact_path="a.txt", tracking_uri=server.url)
    report = server.cli("doctor", "--verify", check=False)
    assert report.returncode == 1 and f"artifact a.txt of run {run}" in report.stdout + report.stderr
    client.log_text(run, "x" * 100_000, "a.txt")
    local = mlflow.artifacts.download_artifacts(run_id=run, artifact_path="a.txt", tracking_uri=server.url)
    assert pathlib.Path(local).read_text() == "x" * 100_000


def test_deleted_runs_are_kept_and_then_free_what_they_had(new_server):
    server = new_server("data", env={
        "SLIPWAY_KEEP_DELETED_RUNS_SECONDS": "3600", "SLIPWAY_COLLECT_GRACE_SECONDS": "1", "SLIPWAY_COLLECT_SECONDS": "0"})
    client = MlflowClient(server.url)
    run, other = client.create_run("0").info.run_id, client.create_run("0").info.run_id
    client.log_text(run, "only here", "a.txt")
    client.log_text(run, "in both", "b.txt")
    client.log_text(other, "in both", "c.txt")

    def blobs():
        return sum(p.is_file() for p in (server.data / "blobs" / "sha256").rglob("*"))

    assert blobs() == 2
    client.delete_run(run)
    wait_until(lambda: rest(server, "POST", "/api/v1/collect")[0] == 200)
    assert blobs() == 2 and client.get_run(run).info.lifecycle_stage == "deleted"
    client.restore_run(run)
    assert [f.path for f in client.list_artifacts(run)] == ["a.txt", "b.txt"]
    client.delete_run(run)
    assert server.terminate() == 0
    server.env["SLIPWAY_KEEP_DELETED_RUNS_SECONDS"] = "0"
    server.start()
    wait_until(lambda: rest(server, "POST", "/api/v1/collect")[0] == 200 and blobs() == 1, timeout=30)
    assert refused(client.get_run, run) == "RESOURCE_DOES_NOT_EXIST"
    assert [f.path for f in client.list_artifacts(other)] == ["c.txt"]


def test_a_backup_carries_runs_and_their_artifacts(new_server, tmp_path):
    server = new_server()
    client = MlflowClient(server.url)
    run = client.create_run("0").info.run_id
    client.log_metric(run, "m", 1.5)
    client.log_text(run, "kept", "a.txt")
    server.cli("backup", tmp_path / "all.tar")
    server.kill()
    subprocess.run(
        [str(BINARY), "restore", str(tmp_path / "all.tar"), "--data-dir", str(tmp_path / "again")],
        check=True, env=environment())
    restored = new_server("again")
    again = MlflowClient(restored.url)
    assert again.get_run(run).data.metrics == {"m": 1.5}
    local = mlflow.artifacts.download_artifacts(run_id=run, artifact_path="a.txt", tracking_uri=restored.url)
    assert pathlib.Path(local).read_text() == "kept"


# Many at once, and what survives


LOGGER = """
import sys, time
import mlflow_clients
from mlflow.entities import Metric
client = mlflow_clients.MlflowClient(sys.argv[1])
run, batches, size = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
print("ready", flush=True)
sys.stdin.readline()
start = time.monotonic()
for batch in range(batches):
    client.log_batch(run, [Metric(f"m{i % 10}", batch * size + i, batch, batch * size + i) for i in range(size)])
    print(batch, flush=True)
print(time.monotonic() - start, flush=True)
"""


def logger(server, run, batches, size):
    process = subprocess.Popen(
        [sys.executable, "-c", LOGGER, server.url, run, str(batches), str(size)], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, cwd=pathlib.Path(__file__).parent, env=environment(**{
            "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}))
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_clients_log_hundreds_of_metrics_a_second(server, client):
    runs = [new_run(client, "together") for _ in range(2)]
    batches, size = 40, 100
    processes = [logger(server, run, batches, size) for run in runs]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    seconds = []
    for process in processes:
        lines = process.communicate(timeout=120)[0].split()
        assert process.returncode == 0 and len(lines) == batches + 1
        seconds.append(float(lines[-1]))
    print(f"two clients, each {batches * size} metrics in batches of {size}: {batches * size / max(seconds):.0f}/s each")
    for run in runs:
        for key in range(10):
            history = client.get_metric_history(run, f"m{key}")
            assert [m.step for m in history] == list(range(key, batches * size, 10))
        assert client.get_run(run).data.metrics["m9"] == batches * size - 1


def test_asynchronous_logging_ends_with_everything_there(tracked, server):
    mlflow.set_experiment("async")
    mlflow.config.enable_async_logging()
    try:
        with mlflow.start_run() as run:
            for step in range(300):
                mlflow.log_metric("loss", 1 / (step + 1), step=step)
            mlflow.log_params({f"p{i}": i for i in range(20)})
        mlflow.flush_async_logging()
    finally:
        mlflow.config.enable_async_logging(False)
    history = MlflowClient().get_metric_history(run.info.run_id, "loss")
    assert sorted(m.step for m in history) == list(range(300))
    assert len(MlflowClient().get_run(run.info.run_id).data.params) == 20


def test_single_metrics_of_many_threads_are_all_there(client):
    run = new_run(client, "threads")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: client.log_metric(run, f"t{i % 4}", i, step=i), range(200)))
        # Of those that log another value for one parameter, one is first.
        answers = list(pool.map(lambda i: attempt(client.log_param, run, "once", i), range(16)))
    assert sum(len(client.get_metric_history(run, f"t{k}")) for k in range(4)) == 200
    won = [i for i, answer in enumerate(answers) if answer is None]
    assert len(won) == 1 and client.get_run(run).data.params == {"once": str(won[0])}


def attempt(call, *arguments):
    try:
        call(*arguments)
    except MlflowException as error:
        return error.error_code


def test_a_kill_loses_nothing_that_was_acknowledged(new_server):
    server = new_server()
    client = MlflowClient(server.url)
    run = client.create_run("0").info.run_id
    process = logger(server, run, 10_000, 20)
    process.stdin.write("go\n")
    process.stdin.flush()
    acknowledged = -1
    while acknowledged < 25:
        acknowledged = int(process.stdout.readline())
    server.kill()
    process.kill()
    for line in process.communicate()[0].split():
        acknowledged = max(acknowledged, int(line)) if line.isdigit() else acknowledged
    server.start()
    found = client.get_run(run)
    assert found.info.status == "RUNNING"
    steps = {m.step for key in range(10) for m in client.get_metric_history(run, f"m{key}")}
    # Batches are whole: the last one may be there without anybody having heard so.
    assert len(steps) % 20 == 0 and steps == set(range(len(steps)))
    assert len(steps) >= (acknowledged + 1) * 20
    client.log_metric(run, "after", 1)
    client.set_terminated(run)
    assert server.cli("audit", "verify").returncode == 0


def test_a_restart_between_is_not_noticed(new_server):
    server = new_server()
    client = MlflowClient(server.url)
    experiment = client.create_experiment("kept")
    run = client.create_run(experiment, run_name="kept run").info.run_id
    client.log_batch(run, [Metric("m", 0.1, 1, 1)], [Param("p", "q")], [RunTag("t", "u")])
    before = mlflow_scripts.shown(client.get_run(run))
    assert server.terminate() == 0
    server.start()
    assert mlflow_scripts.shown(client.get_run(run)) == before
    assert client.create_experiment("next") != experiment


def test_the_audit_has_the_life_of_a_run_and_not_its_metrics(new_server):
    server = new_server()
    client = MlflowClient(server.url)
    experiment = client.create_experiment("audited")
    run = client.create_run(experiment).info.run_id
    for step in range(10):
        client.log_metric(run, "m", step, step=step)
    client.log_param(run, "p", 1)
    client.log_text(run, "12345", "a.txt")
    client.set_terminated(run)
    client.delete_run(run)
    _, events = server.json("GET", "/api/v1/spaces/default/audit")
    life = [(e["action"], e["subject"]) for e in events["items"] if e["subject"] in (run, "audited")]
    assert sorted(life) == sorted([
        ("experiment.create", "audited"), ("tracking.begin", run), ("tracking.end", run), ("tracking.delete", run)])
    (end,) = [e for e in events["items"] if e["action"] == "tracking.end"]
    detail = end["detail"] if isinstance(end["detail"], dict) else json.loads(end["detail"])
    assert (detail["status"], detail["metrics"], detail["params"], detail["artifacts"], detail["artifactBytes"]) == (
        "FINISHED", "10", "1", "1", "5")


# Spaces and who may


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server that asks who comes, with two spaces and a key for each role in the first."""
    folder = tmp_path_factory.mktemp("guarded")
    server = SlipwayServer(folder / "data", flags=["--auth"], log=folder / "server.log")
    server.start()
    owner = re.search(r"slw_\w+", server.log_text())[0]
    headers = {"Authorization": f"Bearer {owner}"}
    for space in ("alpha", "beta"):
        assert server.json("POST", "/api/v1/spaces", {"name": space}, headers)[0] == 201
    keys = {"admin": owner}
    for role in ("viewer", "developer", "validator", "operator", "owner"):
        status, answer = server.json("PUT", f"/api/v1/spaces/alpha/members/{role}-of-alpha", {"role": role}, headers)
        assert status in (200, 201), answer
        keys[role] = server.cli_json(
            "key", "create", "--principal", f"{role}-of-alpha", "--token", owner)["key"]
    yield server, keys
    server.kill()


@pytest.fixture
def signed(guarded, monkeypatch):
    """A client for a space with a key."""
    server, keys = guarded

    def make(space, role, basic=False):
        for name in ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
            monkeypatch.delenv(name, raising=False)
        if basic:
            monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "whoever")
            monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", keys[role])
        elif role:
            monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", keys[role])
        return MlflowClient(f"{server.url}/spaces/{space}")

    return make


def test_a_token_or_a_password_opens_the_door(signed, guarded):
    for basic in (False, True):
        client = signed("alpha", "developer", basic=basic)
        run = client.create_run("0").info.run_id
        client.log_text(run, "mine", "a.txt")
        assert [f.path for f in client.list_artifacts(run)] == ["a.txt"]
        assert client.get_run(run).info.artifact_uri.startswith("mlflow-artifacts:/0/")
    assert refused(signed("alpha", None).create_run, "0") == "UNAUTHENTICATED"
    server, _ = guarded
    for wrong in ("Basic " + base64.b64encode(b"a:slw_wrong").decode(), "Basic nonsense", "Basic ", "Digest x"):
        status, answer = rest(server, "GET", "/spaces/alpha/api/2.0/mlflow/experiments/get?experiment_id=0", None,
                              {"Authorization": wrong})
        assert (status, answer["error_code"]) == (401, "UNAUTHENTICATED")


def test_what_each_role_may(signed):
    owner = signed("alpha", "owner")
    run = owner.create_run("0").info.run_id
    experiment = owner.create_experiment("of the owner")
    for role, logs, deletes in (
        ("viewer", False, False), ("developer", True, True), ("validator", True, False), ("operator", False, False),
        ("owner", True, True),
    ):
        client = signed("alpha", role)
        assert client.get_run(run).info.run_id == run
        assert client.get_experiment(experiment).name == "of the owner"
        assert attempt(client.log_metric, run, "m", 1) == (None if logs else "PERMISSION_DENIED"), role
        assert attempt(client.delete_run, run) == (None if deletes else "PERMISSION_DENIED"), role
        if deletes:
            client.restore_run(run)


def test_a_run_of_another_space_is_not_there(signed, guarded):
    server, _ = guarded
    theirs = signed("beta", "admin")
    experiment = theirs.create_experiment("theirs")
    run = theirs.create_run(experiment).info.run_id
    model = theirs.create_logged_model(experiment, name="theirs").model_id
    theirs.log_text(run, "secret", "a.txt")
    # Even an owner of the server, who may everything, does not find it in another space.
    for role in ("owner", "admin"):
        client = signed("alpha", role)
        missing = "RESOURCE_DOES_NOT_EXIST"
        assert refused(client.get_run, run) == missing
        assert refused(client.log_metric, run, "m", 1) == missing
        assert refused(client.set_tag, run, "t", 1) == missing
        assert refused(client.delete_run, run) == missing
        assert refused(client.get_metric_history, run, "m") == missing
        assert refused(client.get_experiment, experiment) == missing
        assert refused(client.create_run, experiment) == missing
        assert refused(client.get_logged_model, model) == missing
        assert refused(client.delete_logged_model, model) == missing
        assert client.get_experiment_by_name("theirs") is None
        assert list(client.search_runs([experiment])) == []
        assert list(client.search_logged_models([experiment])) == []
        assert "theirs" not in [e.name for e in client.search_experiments()]
        token = os.environ["MLFLOW_TRACKING_TOKEN"]
        for method in ("GET", "PUT", "DELETE"):
            status, _, answer = server.request(
                method, f"/spaces/alpha/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/a.txt",
                b"x" if method == "PUT" else None, {"Authorization": f"Bearer {token}"})
            assert (status, json.loads(answer)["error_code"]) == (404, missing)
    # The space itself is not there for who is no member of it.
    assert refused(signed("beta", "owner").get_run, run) == "RESOURCE_DOES_NOT_EXIST"
    again = signed("beta", "admin")
    assert [f.path for f in again.list_artifacts(run)] == ["a.txt"]


def test_each_space_has_experiments_of_its_own(signed):
    ours, theirs = signed("alpha", "admin"), signed("beta", "admin")
    assert ours.create_experiment("same name") != theirs.create_experiment("same name")
    run = ours.create_run("0").info.run_id
    assert run in [r.info.run_id for r in ours.search_runs(["0"])]
    assert run not in [r.info.run_id for r in theirs.search_runs(["0"])]


def test_a_space_with_runs_is_not_removed_under_them(new_server):
    server = new_server()
    assert server.json("POST", "/api/v1/spaces", {"name": "lab"})[0] == 201
    client = MlflowClient(f"{server.url}/spaces/lab")
    run = client.create_run("0").info.run_id
    status, answer = server.json("DELETE", "/api/v1/spaces/lab")
    assert status == 409 and "runs" in answer["error"]
    client.delete_run(run)
    assert server.json("DELETE", "/api/v1/spaces/lab")[0] == 200
    assert server.json("POST", "/api/v1/spaces", {"name": "lab"})[0] == 201
    assert refused(client.get_run, run) == "RESOURCE_DOES_NOT_EXIST"
    assert client.get_experiment("0").name == "Default"
