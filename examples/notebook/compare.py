"""The same rows to MLflow's client, on this machine, and to the endpoint in production."""

import csv
import json
import os
import urllib.request

import mlflow
import numpy

with open("unseen.csv") as file:
    rows = numpy.array([line[:13] for line in list(csv.reader(file))[1:]], dtype=numpy.float32)
local = mlflow.pyfunc.load_model("models:/wines@champion").predict(rows)

body = {"inputs": [{"name": "X", "shape": rows.shape, "datatype": "FP32", "data": rows.flatten().tolist()}]}
url = os.environ["MLFLOW_TRACKING_URI"] + "/spaces/prod/v2/models/wines/infer"
with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode())) as answer:
    served = {output["name"]: output["data"] for output in json.load(answer)["outputs"]}

same = sum(a == b for a, b in zip(local["label"], served["label"]))
apart = numpy.abs(local["probabilities"].flatten() - served["probabilities"]).max()
print(f"{same} of {len(rows)} labels are the same; no probability differs by more than 0.000001: {apart < 1e-6}")
