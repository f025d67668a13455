"""The cells of a notebook: train on the wines that are known, log the run, register the model."""

import sys

import mlflow
import numpy
from mlflow.models import infer_signature
from skl2onnx import to_onnx
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

strength = float(sys.argv[1])
rows, cultivar = load_wine(return_X_y=True)
rows = rows.astype(numpy.float32)
# The other third is in unseen.csv, for those who judge.
known, _, truth, _ = train_test_split(rows, cultivar, test_size=1 / 3, random_state=0, stratify=cultivar)

mlflow.set_experiment("wines")
with mlflow.start_run(run_name=f"strength {strength}"):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength)).fit(known, truth)
    mlflow.log_param("strength", strength)
    mlflow.log_metric("train_accuracy", model.score(known, truth))
    mlflow.onnx.log_model(
        to_onnx(model, known[:1], options={"zipmap": False}), name="model", registered_model_name="wines",
        signature=infer_signature(known, model.predict(known)),
        # Else the client loads the model once more to find out what it needs.
        pip_requirements=["onnx", "onnxruntime"])
