"""A training script's side of MLflow: data, a model, and its run."""

import mlflow_clients  # its environment, before mlflow is there

import mlflow

import numpy
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

# Otherwise the client loads each model once more, in a process of its own, to find out what it needs.
NEEDS = ["onnx", "onnxruntime"]

ROWS, TRUTH = load_iris(return_X_y=True)
ROWS = ROWS.astype(numpy.float32)


def trained(seed=0):
    """(estimator, ONNX model); another seed, another model."""
    order = numpy.random.RandomState(seed).permutation(len(ROWS))[:100]
    estimator = LogisticRegression(max_iter=500, C=1 + seed).fit(ROWS[order], TRUTH[order])
    return estimator, to_onnx(estimator, ROWS[:1], options={"zipmap": False})


def logged(name, seed=0, metrics=None, tags=None, **options):
    """Logs an ONNX model in a run of its own and registers it: (run id, model info)."""
    _, model = trained(seed)
    with mlflow.start_run() as run:
        mlflow.log_metrics({"accuracy": 0.9 + seed / 100} | (metrics or {}))
        mlflow.set_tags({"mlflow.source.git.commit": f"{seed:040x}"} | (tags or {}))
        info = mlflow.onnx.log_model(
            model, name="model", registered_model_name=name, pip_requirements=NEEDS, **options)
    return run.info.run_id, info
