"""Tells three cultivars of wine apart by 13 chemical measurements, with gradient boosted trees."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from export import output_folder, write_example  # first: it turns telemetry off before anything loads ONNX Runtime

import numpy
from sklearn.datasets import load_wine
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

data = load_wine()
rows = data.data.astype(numpy.float32)  # as a request carries them; summed as doubles below
train, held_out, target, truth = train_test_split(
    rows, data.target, test_size=0.3, stratify=data.target, random_state=7
)

model = make_pipeline(GradientBoostingClassifier(n_estimators=60, max_depth=3, random_state=7))
model.fit(train.astype(float), target)

write_example(
    output_folder(__file__),
    "wine-gbdt",
    model,
    data_set={
        "name": "Wine recognition (Aeberhard, Forina, 1991)",
        "source": "sklearn.datasets.load_wine",
        "task": "Classification of three cultivars of wine by 13 chemical measurements",
    },
    features=data.feature_names,
    classes=data.target_names.tolist(),
    held_out=held_out,
    truth=truth,
    rows_trained=len(train),
)
