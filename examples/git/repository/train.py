"""Learns to tell malignant from benign tumours and writes out/model.onnx, and out/metrics.json about it.

The same data and settings give the same bytes, so that a commit that takes another one back gives the older version.
"""

import csv
import json
import pathlib

import numpy
import onnx
from onnx import TensorProto, helper
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.metrics import accuracy_score, recall_score
from sklearn.preprocessing import StandardScaler

# How freely it may follow the data; more is freer.
FREEDOM = 1.0

with open("data/train.csv", newline="") as file:
    header, *lines = csv.reader(file)
rows = numpy.array([line[:-1] for line in lines], dtype=float)
truth = numpy.array([line[-1] for line in lines])

scaler = StandardScaler().fit(rows)
scaled = scaler.transform(rows)
model = LogisticRegression(C=FREEDOM, tol=1e-8, max_iter=1000)
guesses = cross_val_predict(model, scaled, truth, cv=5)
metrics = {
    "accuracy": round(accuracy_score(truth, guesses), 4),
    "recall": round(recall_score(truth, guesses, pos_label="malignant"), 4),
}
model.fit(scaled, truth)

weights, bias = model.coef_[0], float(model.intercept_[0])
graph = helper.make_graph(
    [
        helper.make_node(
            "Scaler", ["features"], ["scaled"], domain="ai.onnx.ml", offset=scaler.mean_.tolist(),
            scale=(1 / scaler.scale_).tolist()),
        helper.make_node(
            "LinearClassifier", ["scaled"], ["label", "probabilities"], domain="ai.onnx.ml",
            coefficients=[*(-weights).tolist(), *weights.tolist()], intercepts=[-bias, bias],
            classlabels_strings=model.classes_.tolist(), multi_class=1, post_transform="LOGISTIC"),
    ],
    "tumours",
    [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", len(header) - 1])],
    [
        helper.make_tensor_value_info("label", TensorProto.STRING, ["batch"]),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 2]),
    ],
)
opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
result = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="train.py")
# Names of the columns, so that a table can be asked by them.
helper.set_model_props(result, {"feature_names": json.dumps(header[:-1])})
onnx.checker.check_model(result, full_check=True)

out = pathlib.Path("out")
out.mkdir(exist_ok=True)
(out / "model.onnx").write_bytes(result.SerializeToString(deterministic=True))
(out / "metrics.json").write_text(json.dumps(metrics) + "\n")
print(f"learned from {len(rows)} rows: accuracy {metrics['accuracy']}, recall {metrics['recall']}")
