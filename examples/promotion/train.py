"""Two models for the tour from dev to prod: a first try that is not good enough, and a second one that is.

Both tell malignant from benign tumours and have the same inputs and outputs. The first looks at two measurements only,
which are a poor choice; the second at all thirty. `unseen.csv` has the rows that neither has seen, with the truth.
"""

import csv
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import export  # first: it turns telemetry off before anything loads ONNX Runtime

import numpy
import onnx
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

POOR = ["mean smoothness", "mean symmetry"]

data = load_breast_cancer()
features = data.feature_names.tolist()
rows = data.data.astype(numpy.float32)  # as a request carries them; summed as doubles below
names = data.target_names[data.target].astype(str)
train, unseen, target, truth = train_test_split(rows, names, test_size=0.3, stratify=names, random_state=7)

poor_columns = ColumnTransformer([("poor", StandardScaler(), [features.index(name) for name in POOR])])
models = {
    "first": make_pipeline(poor_columns, LogisticRegression(tol=1e-8, max_iter=1000)),
    "second": make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8, max_iter=1000)),
}

folder = export.output_folder(__file__)
metadata = {}
for name, model in models.items():
    model.fit(train.astype(float), target)
    classes = model.classes_.tolist()
    onnx_model = export.convert(model, features, classes, truth, input_per_feature=False)
    outputs = export.run(onnx_model, {"features": unseen})
    export.agree_with_scikit_learn(model, unseen, outputs, classes)
    description = {
        "data_set": "Breast Cancer Wisconsin (Diagnostic) (Wolberg, Street, Mangasarian, 1995)",
        "data_set_source": "sklearn.datasets.load_breast_cancer",
        "task": "Classification of breast masses as benign or malignant by 30 measurements of cell nuclei",
        "rows_trained": len(train),
        "rows_held_out": len(unseen),
        "columns_used": POOR if name == "first" else "all",
        "feature_names": features,
        "class_names": classes,
        "held_out_metrics": export.classifier_metrics(outputs, truth, classes),
        "reproduce": "examples/train-all",
    }
    export.describe_inside(onnx_model, f"tumours-{name}", description)
    onnx.checker.check_model(onnx_model, full_check=True)
    onnx.save(onnx_model, folder / f"{name}.onnx")
    metadata[name] = description
    print(f"promotion/{name}: {json.dumps(description['held_out_metrics'])}")

with (folder / "unseen.csv").open("w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*features, "diagnosis"])
    for row, diagnosis in zip(unseen, truth):
        writer.writerow([*(export.plain(element) for element in row), diagnosis])
export.write_json(folder / "request.json", export.request(unseen[: export.ROWS_IN_REQUEST], features, False))
export.write_json(folder / "metadata.json", metadata, indent=2)
