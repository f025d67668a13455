"""Predicts the progression of diabetes after a year by ten measurements; every measurement is an input of its own."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from export import output_folder, write_example  # first: it turns telemetry off before anything loads ONNX Runtime

import numpy
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

data = load_diabetes(scaled=False)
rows = data.data.astype(numpy.float32)  # as a request carries them; summed as doubles below
train, held_out, target, truth = train_test_split(rows, data.target, test_size=0.3, random_state=7)

every_column = list(range(rows.shape[1]))
model = make_pipeline(ColumnTransformer([("measurements", StandardScaler(), every_column)]), Ridge(alpha=1.0))
model.fit(train.astype(float), target)

write_example(
    output_folder(__file__),
    "diabetes",
    model,
    data_set={
        "name": "Diabetes (Efron, Hastie, Johnstone, Tibshirani, 2004)",
        "source": "sklearn.datasets.load_diabetes",
        "task": "Regression of diabetes progression after one year on ten measurements in their own units",
    },
    features=data.feature_names,
    classes=None,
    held_out=held_out,
    truth=truth,
    rows_trained=len(train),
    input_per_feature=True,
)
