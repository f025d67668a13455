"""Tells malignant from benign tumours by 30 measurements of cell nuclei; answers with the class as a string."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from export import output_folder, write_example  # first: it turns telemetry off before anything loads ONNX Runtime

import numpy
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

data = load_breast_cancer()
rows = data.data.astype(numpy.float32)  # as a request carries them; summed as doubles below
names = data.target_names[data.target].astype(str)
train, held_out, target, truth = train_test_split(rows, names, test_size=0.3, stratify=names, random_state=7)

model = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8, max_iter=1000))
model.fit(train.astype(float), target)

write_example(
    output_folder(__file__),
    "breast-cancer",
    model,
    data_set={
        "name": "Breast Cancer Wisconsin (Diagnostic) (Wolberg, Street, Mangasarian, 1995)",
        "source": "sklearn.datasets.load_breast_cancer",
        "task": "Classification of breast masses as benign or malignant by 30 measurements of cell nuclei",
    },
    features=data.feature_names.tolist(),
    classes=model.classes_.tolist(),
    held_out=held_out,
    truth=truth,
    rows_trained=len(train),
)
