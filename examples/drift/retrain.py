"""Trains the model again on the predictions whose truth has come back, and pushes it. A retraining rule starts this.

What it is told by its environment:
  SLIPWAY_DATA    a folder with labelled.csv: the inputs as columns, the prediction, the truth
  SLIPWAY_MODEL   the model's name
SLIPWAY_SERVER, SLIPWAY_SPACE, SLIPWAY_TOKEN and SLIPWAY_RUN are for the `slipway` that it calls.
"""

import csv
import os
import pathlib
import subprocess
import sys

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when the library loads, so before anything that loads it

import numpy
import onnx
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

from features import FEATURES, KEY, convert, fit

FEWEST = 500  # rows; with less it is better to go on with what there is


def labelled_rows(path):
    """The measurements and the truth of each row that has both; the newest are the last."""
    with path.open(newline="") as file:
        found = [row for row in csv.DictReader(file) if row["truth"]]
    rows = numpy.array([[float(row[name]) for name in FEATURES] for row in found], dtype=numpy.float32)
    return rows, numpy.array([int(float(row["truth"])) for row in found]), found


def main():
    path = pathlib.Path(os.environ["SLIPWAY_DATA"]) / "labelled.csv"
    if not path.exists():
        sys.exit("no truth has come back yet: there is nothing to learn from")
    rows, truth, found = labelled_rows(path)
    print(f"{len(rows)} rows with their truth")
    if len(rows) < FEWEST or len(set(truth.tolist())) < 2:
        sys.exit(f"at least {FEWEST} rows of both classes are needed")
    before = numpy.array([int(float(row["prediction"])) for row in found])
    train, unseen, target, truth_of_unseen, _, before_of_unseen = train_test_split(
        rows.astype(float), truth, before, test_size=0.25, stratify=truth, random_state=7)
    estimator = fit(train, target)
    accuracy = accuracy_score(truth_of_unseen, estimator.predict(unseen))
    print(f"accuracy on unseen rows: {accuracy:.4f}, of what was answered: "
          f"{accuracy_score(truth_of_unseen, before_of_unseen):.4f}")
    onnx.save(convert(estimator, "tumours"), "tumours.onnx")
    # What the new version has learnt is what its drift is measured against.
    with open("reference.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([KEY, *FEATURES])
        writer.writerows([row[name] for name in [KEY, *FEATURES]] for row in found)
    push = ["slipway", "model", "push", "tumours.onnx", "--name", os.environ["SLIPWAY_MODEL"],
            "--reference", "reference.csv", "--metric", f"accuracy={accuracy:.4f}", "--tag", f"rows={len(rows)}"]
    sys.exit(subprocess.run(push).returncode)


main()
