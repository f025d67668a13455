"""A model whose world changes: tumours judged by ten measurements, until the laboratory gets another microscope.

The rows are resampled from the 569 of the data set, with a little noise, so that there are thousands of them. In the new
world all lengths come out larger, areas accordingly, and the texture is read on another scale; what the tumours are does
not change. Writes, beside the model that was trained on the old world:

  reference.csv  rows as the model was trained on them: what drift is measured against
  steady.csv     rows of the old world that it has not seen, with the truth
  drifted.csv    rows of the new world, with the truth
"""

import csv
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import export  # first: it turns telemetry off before anything loads ONNX Runtime

import numpy
import onnx
import onnxruntime
import sklearn.metrics
from sklearn.datasets import load_breast_cancer

from features import CLASSES, FEATURES, KEY, TRUTH, convert, fit

SEED = 7
ROWS = {"reference": 4000, "steady": 2000, "drifted": 4000}
NOISE = 0.05  # of each measurement's standard deviation

data = load_breast_cancer()
measurements = data.data[:, : len(FEATURES)]  # the ten means
malignant = (data.target == 0).astype(numpy.int64)
random = numpy.random.default_rng(SEED)
# No sample has the number of another, and numbers say nothing: were they counted, they would drift.
numbers = iter(random.permutation(numpy.arange(100_000, 1_000_000))[: sum(ROWS.values())])


def resample(count):
    """Rows as requests carry them: the sample's number, the measurements as float32, and the truth."""
    chosen = random.integers(0, len(measurements), count)
    noise = random.normal(0, NOISE, (count, len(FEATURES))) * measurements.std(axis=0)
    rows = numpy.maximum(measurements[chosen] + noise, 0)
    samples = numpy.array([next(numbers) for _ in range(count)])
    return samples, rows.astype(numpy.float32), malignant[chosen]


def another_microscope(rows):
    """What the same tumours measure in the new world."""
    changed = rows.copy()
    for name, factor in {"radius": 1.25, "perimeter": 1.25, "area": 1.25**2}.items():
        changed[:, FEATURES.index(name)] *= factor
    changed[:, FEATURES.index("texture")] += 4
    return changed


def write(path, samples, rows, truth=None):
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([KEY, *FEATURES] + ([TRUTH] if truth is not None else []))
        for index, (sample, row) in enumerate(zip(samples, rows)):
            cells = [int(sample), *(export.plain(element) for element in row)]
            writer.writerow(cells + ([int(truth[index])] if truth is not None else []))


def measure(model, samples, rows, truth):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feeds = {name: rows[:, [column]] for column, name in enumerate(FEATURES)}
    labels, _ = session.run(None, feeds | {KEY: samples.reshape(-1, 1)})
    return round(float(sklearn.metrics.accuracy_score(truth, labels)), 4)


folder = export.output_folder(__file__)
worlds = {}
for name, count in ROWS.items():
    samples, rows, truth = resample(count)
    worlds[name] = (samples, another_microscope(rows) if name == "drifted" else rows, truth)

_, rows, truth = worlds["reference"]
model = convert(fit(rows.astype(float), truth), "tumours")
accuracy = {name: measure(model, *world) for name, world in worlds.items()}
description = {
    "data_set": "Breast Cancer Wisconsin (Diagnostic) (Wolberg, Street, Mangasarian, 1995), resampled with noise",
    "data_set_source": "sklearn.datasets.load_breast_cancer",
    "task": "Classification of breast masses as malignant (1) or not (0) by ten measurements of cell nuclei",
    "rows_trained": len(rows),
    "feature_names": FEATURES,
    "class_names": CLASSES,
    "held_out_metrics": {"accuracy": accuracy["steady"]},
    "accuracy": accuracy,
    "reproduce": "examples/train-all",
}
export.describe_inside(model, "tumours", description)
onnx.checker.check_model(model, full_check=True)
onnx.save(model, folder / "first.onnx")
write(folder / "reference.csv", *worlds["reference"][:2])
write(folder / "steady.csv", *worlds["steady"])
write(folder / "drifted.csv", *worlds["drifted"])
export.write_json(folder / "metadata.json", description, indent=2)
print(f"drift: {json.dumps(accuracy)}")
