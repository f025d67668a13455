"""Reads handwritten digits of 8x8 pixels (0 to 16 each), with a neural network of one hidden layer."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from export import output_folder, write_example  # first: it turns telemetry off before anything loads ONNX Runtime

import numpy
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

data = load_digits()
rows = data.data.astype(numpy.float32)  # as a request carries them; summed as doubles below
train, held_out, target, truth = train_test_split(
    rows, data.target, test_size=0.3, stratify=data.target, random_state=7
)

model = make_pipeline(MinMaxScaler(), MLPClassifier(hidden_layer_sizes=(96,), max_iter=400, random_state=7))
model.fit(train.astype(float), target)

write_example(
    output_folder(__file__),
    "digits",
    model,
    data_set={
        "name": "Optical Recognition of Handwritten Digits (Alpaydin, Kaynak, 1998)",
        "source": "sklearn.datasets.load_digits",
        "task": "Classification of 8x8 images of handwritten digits, 64 pixels of 0 to 16 row by row",
    },
    features=data.feature_names,
    classes=[str(digit) for digit in data.target_names],
    held_out=held_out,
    truth=truth,
    rows_trained=len(train),
)
