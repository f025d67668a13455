"""Tells three species of iris apart by four measurements, with a logistic regression."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from export import output_folder, write_example  # first: it turns telemetry off before anything loads ONNX Runtime

import numpy
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

data = load_iris()
rows = data.data.astype(numpy.float32)  # as a request carries them; summed as doubles below
train, held_out, target, truth = train_test_split(
    rows, data.target, test_size=0.3, stratify=data.target, random_state=7
)

model = make_pipeline(LogisticRegression(tol=1e-8, max_iter=1000))
model.fit(train.astype(float), target)

write_example(
    output_folder(__file__),
    "iris",
    model,
    data_set={
        "name": "Iris plants (R. A. Fisher, 1936)",
        "source": "sklearn.datasets.load_iris",
        "task": "Classification of three species of iris by four measurements in centimetres",
    },
    features=data.feature_names,
    classes=data.target_names.tolist(),
    held_out=held_out,
    truth=truth,
    rows_trained=len(train),
)
