"""What people do with MLflow's client, as scripts that run against any tracking server and say what they saw. Each takes a
client, and a word that makes its names its own."""

import math
import pathlib

from mlflow.artifacts import download_artifacts
from mlflow.entities import (
    Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, LoggedModelParameter, LoggedModelStatus, Metric,
    Param, RunTag, ViewType,
)

from mlflow_clients import refused


def experiment_of(client, word):
    return client.create_experiment(f"{word} experiment")


def shown(run):
    """A run as values, without what no two servers agree on."""
    info = run.info
    return {
        "info": [info.run_id, info.run_name, info.user_id, info.status, info.start_time, info.end_time, info.lifecycle_stage],
        "uri": info.artifact_uri.split(":/", 1)[1].split("/", 1)[1] if run.info.artifact_uri else None,
        "metrics": sorted((m.key, repr(m.value), m.timestamp, m.step) for m in run.data._metric_objs),
        "params": run.data.params, "tags": run.data.tags,
        "inputs": [[sorted((t.key, t.value) for t in i.tags), vars(i.dataset)] for i in run.inputs.dataset_inputs],
        "outputs": [(o.model_id, o.step) for o in (run.outputs.model_outputs if run.outputs else [])],
    }


def experiments(client, word):
    seen = []
    one = client.create_experiment(f"{word} one", tags={"team": "blue", "stage": "draft"})
    two = client.create_experiment(f"{word}/two: ünïcode")
    first = client.get_experiment(one)
    seen.append([first.name, first.lifecycle_stage, first.tags, first.artifact_location.startswith("mlflow-artifacts:/")])
    seen.append(client.get_experiment_by_name(f"{word}/two: ünïcode").experiment_id == two)
    seen.append(client.get_experiment_by_name(f"{word} none"))
    seen.append(refused(client.create_experiment, f"{word} one"))
    seen.append(refused(client.create_experiment, ""))
    seen.append(refused(client.create_experiment, "x" * 501))
    seen.append(refused(client.get_experiment, "123456789"))
    client.set_experiment_tag(one, "team", "red")
    client.set_experiment_tag(one, "mlflow.note.content", "a note\nof two lines")
    client.delete_experiment_tag(one, "stage")
    seen.append(refused(client.delete_experiment_tag, one, "stage"))
    client.rename_experiment(one, f"{word} uno")
    # There a BAD_REQUEST with the database's own words, here what it is of when it is made: RESOURCE_ALREADY_EXISTS.
    seen.append(bool(refused(client.rename_experiment, one, f"{word}/two: ünïcode")))
    found = client.get_experiment(one)
    seen.append([found.name, found.tags])
    run = client.create_run(one).info.run_id
    client.delete_experiment(one)
    seen.append([client.get_experiment(one).lifecycle_stage, client.get_run(run).info.lifecycle_stage])
    seen.append(refused(client.create_run, one))
    seen.append(refused(client.create_experiment, f"{word} uno"))
    seen.append(refused(client.delete_experiment, one))
    named = f"name LIKE '{word}%'"
    for view in (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL):
        seen.append([e.name for e in client.search_experiments(view, filter_string=named, order_by=["name"])])
    client.restore_experiment(one)
    seen.append(refused(client.restore_experiment, one))
    seen.append([client.get_experiment(one).lifecycle_stage, client.get_run(run).info.lifecycle_stage])
    for number in range(5):
        client.create_experiment(f"{word} page {number}", tags={"odd": str(number % 2)})
    pages, token = [], None
    while True:
        page = client.search_experiments(
            filter_string=named, max_results=3, order_by=["name DESC"], page_token=token)
        pages.append([e.name for e in page])
        token = page.token
        if not token:
            break
    seen.append(pages)
    seen.append([e.name for e in client.search_experiments(filter_string="tags.odd = '1' AND " + named, order_by=["name"])])
    seen.append([e.name for e in client.search_experiments(filter_string=f"name ILIKE '%{word.upper()} PAGE%'",
                                                           order_by=["creation_time ASC", "name ASC"])])
    seen.append(refused(client.search_experiments, filter_string="nonsense ~ 1"))
    seen.append(refused(client.search_experiments, max_results=0))
    return seen


def runs(client, word):
    seen = []
    experiment = experiment_of(client, word)
    run = client.create_run(experiment, start_time=1000, run_name="first", tags={"a": "1", "mlflow.user": "ada"})
    seen.append(shown(run))
    seen.append(shown(client.get_run(run.info.run_id)))
    named = client.create_run(experiment, start_time=1001, tags={"mlflow.runName": "by tag"})
    seen.append(shown(named))
    seen.append(refused(client.create_run, experiment, run_name="x", tags={"mlflow.runName": "y"}))
    seen.append(bool(client.create_run(experiment, start_time=900).info.run_name))
    run_id = run.info.run_id
    client.set_tag(run_id, "a", 2)
    client.set_tag(run_id, "mlflow.runName", "renamed")
    client.set_tag(run_id, "dotted.and/slashed: key", "value with 'quotes' and \"more\" \\ ünïcode 🚢")
    client.delete_tag(run_id, "a")
    seen.append(refused(client.delete_tag, run_id, "a"))
    seen.append(refused(client.set_tag, run_id, "bad\nkey", "x"))
    seen.append(refused(client.set_tag, run_id, "../x", "x"))
    seen.append(shown(client.get_run(run_id)))
    client.update_run(run_id, status="SCHEDULED", name="third name")
    seen.append(shown(client.get_run(run_id)))
    client.set_terminated(run_id, "FAILED", end_time=2000)
    seen.append(shown(client.get_run(run_id)))
    client.delete_run(run_id)
    seen.append(client.get_run(run_id).info.lifecycle_stage)
    seen.append(refused(client.set_tag, run_id, "b", "1"))
    seen.append(refused(client.log_metric, run_id, "m", 1))
    seen.append(refused(client.log_param, run_id, "p", 1))
    client.restore_run(run_id)
    seen.append(client.get_run(run_id).info.lifecycle_stage)
    for call in (client.get_run, client.delete_run, client.restore_run):
        seen.append(refused(call, "0" * 32))
    seen.append(refused(client.create_run, "987654321"))
    return seen


def params(client, word):
    seen = []
    run_id = client.create_run(experiment_of(client, word)).info.run_id
    client.log_param(run_id, "lr", 0.1)
    client.log_param(run_id, "lr", 0.1)
    seen.append(refused(client.log_param, run_id, "lr", 0.2))
    client.log_param(run_id, "none", None)
    client.log_param(run_id, "empty", "")
    client.log_param(run_id, "long", "x" * 7000)
    client.log_batch(run_id, params=[Param(f"p{i}", str(i)) for i in range(100)])
    seen.append(refused(client.log_batch, run_id, params=[Param("p1", "other")]))
    seen.append(refused(client.log_batch, run_id, params=[Param("new", "1"), Param("p2", "other")]))
    seen.append(refused(client.log_batch, run_id, params=[Param("twice", "1"), Param("twice", "1")]))
    seen.append(refused(client.log_param, run_id, "k" * 251, "x"))
    seen.append(refused(client.log_param, run_id, "a//b", "x"))
    seen.append(refused(client.log_param, run_id, "/a", "x"))
    seen.append(refused(client.log_param, run_id, "bad#key", "x"))
    seen.append(client.get_run(run_id).data.params)
    return seen


def metrics(client, word):
    seen = []
    run_id = client.create_run(experiment_of(client, word), start_time=1, run_name="measuring").info.run_id

    def history(key):
        return [(m.key, repr(m.value), m.timestamp, m.step) for m in client.get_metric_history(run_id, key)]

    client.log_metric(run_id, "loss", 0.5, timestamp=100, step=1)
    client.log_metric(run_id, "loss", 0.25, timestamp=200, step=2)
    client.log_metric(run_id, "loss", 9.0, timestamp=300, step=0)
    client.log_metric(run_id, "loss", 0.25, timestamp=200, step=2)
    client.log_metric(run_id, "odd", math.nan, timestamp=10, step=0)
    client.log_metric(run_id, "odd", -1.5, timestamp=10, step=0)
    client.log_metric(run_id, "back", 1, timestamp=5, step=-3)
    client.log_metric(run_id, "back", 2, timestamp=4, step=-3)
    client.log_metric(run_id, "big", 1e300, timestamp=2 ** 52, step=2 ** 52)
    client.log_metric(run_id, "small", 5e-324, timestamp=1, step=-(2 ** 52))
    client.log_metric(run_id, "whole", 3, timestamp=1)
    client.log_batch(run_id, [Metric(f"m{i % 10}", i / 7, i, i) for i in range(900)], [Param("a", "1")], [RunTag("t", "2")])
    # More than one request may have: the client sends several.
    client.log_batch(run_id, [Metric("x", i, i, i) for i in range(2001)])
    seen.append(refused(client.log_batch, run_id, [Metric("ok", 1, 1, 1)], [Param("a", "2")]))
    seen.append(refused(client.log_metric, run_id, "neg", 1, timestamp=-1))
    seen.append(refused(client.log_metric, run_id, "../x", 1))
    for key in ("loss", "odd", "back", "big", "small", "whole", "m3", "none"):
        seen.append(history(key))
    seen.append(shown(client.get_run(run_id)))
    return seen


def searching(client, word):
    """Filters, orders and pages over thirty runs."""
    experiment = experiment_of(client, word)
    for number in range(30):
        run = client.create_run(experiment, start_time=1000 + number, run_name=f"run {number:02}",
                                tags={"colour": ["red", "green", "Blue"][number % 3]})
        client.log_batch(
            run.info.run_id,
            [Metric("acc", math.nan if number == 7 else number / 30, 1, 0)] + ([Metric("rare", number, 1, 0)] if number % 5 == 0 else []),
            [Param("depth", str(number % 4))] + ([Param("only", "x")] if number < 3 else []))
        if number % 2:
            client.set_terminated(run.info.run_id, "FINISHED" if number % 3 else "FAILED", end_time=5000 + number)
        if number == 29:
            client.delete_run(run.info.run_id)

    def found(filter_string="", order_by=(), view=ViewType.ACTIVE_ONLY, ids=(experiment,)):
        return [r.info.run_name for r in client.search_runs(list(ids), filter_string, view, order_by=list(order_by))]

    seen = [found(), found(view=ViewType.DELETED_ONLY), found(view=ViewType.ALL, order_by=["start_time"])]
    for filter_string in (
        "metrics.acc > 0.5", "metrics.acc >= 0.9 and params.depth = '3'", "metrics.rare != 5", "params.depth != '1'",
        "tags.colour = 'red' AND metrics.acc < 0.3", "tags.colour ILIKE 'bl%'", "tags.colour LIKE 'bl%'",
        "attributes.status = 'FINISHED'", "status != 'RUNNING'", "run_name LIKE 'run 1%'", "attributes.start_time > 1020",
        "end_time <= 5005", "params.only = 'x'", "tags.`colour` = \"green\"", "metrics.nothing > 0", "params.only IS NULL",
        "params.only IS NOT NULL", "run_name = 'run 03'",
    ):
        seen.append([filter_string, found(filter_string)])
    for order_by in (
        ["metrics.acc DESC"], ["metrics.acc"], ["metrics.rare ASC"], ["params.depth DESC", "start_time ASC"],
        ["tags.colour"], ["attributes.run_name DESC"], ["end_time DESC"], ["params.only", "metrics.acc DESC"],
    ):
        seen.append([order_by, found(order_by=order_by)])
    pages, token = [], None
    while True:
        page = client.search_runs([experiment], order_by=["start_time ASC"], max_results=8, page_token=token)
        pages.append([r.info.run_name for r in page])
        token = page.token
        if not token:
            break
    seen.append(pages)
    seen.append(found(ids=()))
    seen.append(found(ids=("123456",)))
    for bad in ("metrics.acc > 'x'", "params.depth > '1'", "params.depth = 1", "acc > 0.5", "metrics.acc ~ 1", "OR", "status ="):
        seen.append([bad, refused(client.search_runs, [experiment], bad)])
    seen.append(refused(client.search_runs, [experiment], max_results=50_001))
    seen.append(refused(client.search_runs, [experiment], order_by=["metrics.acc SIDEWAYS"]))
    return seen


def inputs(client, word):
    experiment = experiment_of(client, word)
    run_id = client.create_run(experiment, start_time=1, run_name="reader").info.run_id
    data = Dataset("rows", "abc123", "local", '{"uri": "/x"}', schema='{"columns": []}', profile='{"rows": 3}')
    client.log_inputs(run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])
    client.log_inputs(run_id, [DatasetInput(data, []), DatasetInput(Dataset("more", "d", "code", "{}"), [])])
    seen = [shown(client.get_run(run_id))]
    for filter_string in ("dataset.name = 'rows'", "dataset.digest LIKE 'abc%'", "dataset.context = 'training'",
                          "dataset.name = 'none'"):
        seen.append(len(client.search_runs([experiment], filter_string)))
    return seen


def logged_models(client, word):
    seen = []
    experiment = experiment_of(client, word)
    run_id = client.create_run(experiment, start_time=1, run_name="maker").info.run_id

    def model_of(model):
        return [model.model_id, model.name, model.model_type, model.source_run_id, str(model.status), model.params,
                model.tags, [(m.key, m.value, m.step, m.timestamp, m.dataset_name, m.run_id) for m in model.metrics or []],
                model.artifact_location.split(":/", 1)[1].split("/", 1)[1]]

    first = client.create_logged_model(
        experiment, name="forest", source_run_id=run_id, tags={"team": "blue"}, params={"depth": "3"}, model_type="clf")
    seen.append(model_of(first))
    client.log_model_params(first.model_id, {f"p{i}": str(i) for i in range(150)})
    client.set_logged_model_tags(first.model_id, {"team": "red", "more": "1"})
    client.delete_logged_model_tag(first.model_id, "more")
    seen.append(refused(client.delete_logged_model_tag, first.model_id, "more"))
    seen.append(model_of(client.finalize_logged_model(first.model_id, LoggedModelStatus.READY)))
    client.log_metric(run_id, "acc", 0.75, timestamp=10, step=1, model_id=first.model_id)
    client.log_batch(run_id, [Metric("acc", 0.8, 20, 2, model_id=first.model_id, dataset_name="rows", dataset_digest="d")])
    seen.append(model_of(client.get_logged_model(first.model_id)))
    seen.append(shown(client.get_run(run_id))["metrics"])
    second = client.create_logged_model(experiment, name="tree")
    client.log_metric(run_id, "acc", 0.5, timestamp=30, step=3, model_id=second.model_id)
    client.log_outputs(run_id, [LoggedModelOutput(first.model_id, 1), LoggedModelOutput(second.model_id, 2)])
    client.log_inputs(run_id, models=[LoggedModelInput(first.model_id)])
    # MLflow's own server has them in the order of their ids, which chance deals out.
    seen.append(sorted(shown(client.get_run(run_id))["outputs"], key=lambda output: output[1]))
    seen.append(refused(client.create_logged_model, experiment, name="bad/name"))
    seen.append(refused(client.get_logged_model, "m-" + "0" * 32))
    for filter_string in (None, "name = 'forest'", "name LIKE 't%'", "metrics.acc > 0.7", "params.depth = '3'",
                          "tags.team = 'red'", "model_type = 'clf'", f"source_run_id = '{run_id}'"):
        seen.append([filter_string and filter_string.replace(run_id, "RUN"), sorted(
            m.name for m in client.search_logged_models([experiment], filter_string))])
    for order_by in ([{"field_name": "name"}], [{"field_name": "name", "ascending": False}],
                     [{"field_name": "metrics.acc", "ascending": True}]):
        seen.append([m.name for m in client.search_logged_models([experiment], order_by=order_by)])
    page = client.search_logged_models([experiment], max_results=1, order_by=[{"field_name": "name"}])
    rest = client.search_logged_models(
        [experiment], max_results=1, order_by=[{"field_name": "name"}], page_token=page.token)
    seen.append([[m.name for m in page], [m.name for m in rest], rest.token])
    seen.append([m.name for m in client.search_logged_models([experiment], datasets=[{"dataset_name": "rows", "dataset_digest": "d"}])])
    client.delete_logged_model(second.model_id)
    seen.append(refused(client.get_logged_model, second.model_id))
    seen.append([m.name for m in client.search_logged_models([experiment])])
    return seen


def artifacts(client, word, folder):
    """`folder` holds files to send; what comes back is compared with them byte by byte."""
    seen = []
    run_id = client.create_run(experiment_of(client, word)).info.run_id
    client.log_artifact(run_id, folder / "a.txt")
    client.log_artifact(run_id, folder / "a.txt", "deep/er")
    client.log_artifacts(run_id, folder / "tree", "tree")
    client.log_text(run_id, "one", "text.txt")
    client.log_text(run_id, "two", "text.txt")
    client.log_dict(run_id, {"k": [1, 2]}, "some/data.json")

    def listed(path=None):
        # There an empty file has no size at all.
        return [(f.path, f.is_dir, f.file_size or 0) for f in client.list_artifacts(run_id, path)]

    for path in (None, "deep", "deep/er", "tree", "tree/sub", "a.txt", "none"):
        seen.append([path, listed(path)])
    for path in ("a.txt", "tree/sub/empty.bin", "tree/spaced name é.txt", "text.txt"):
        local = download_artifacts(run_id=run_id, artifact_path=path, tracking_uri=client.tracking_uri)
        seen.append([path, open(local, "rb").read().hex()])
    local = download_artifacts(run_id=run_id, artifact_path="tree", tracking_uri=client.tracking_uri)
    seen.append(sorted((str(f.relative_to(local)), f.read_bytes().hex()) for f in pathlib.Path(local).rglob("*") if f.is_file()))
    return seen


ALL = [experiments, runs, params, metrics, searching, inputs, logged_models]
