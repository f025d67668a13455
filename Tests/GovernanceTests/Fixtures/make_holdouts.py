"""Writes holdouts.json: what is true of the rows in examples/*/heldout.csv, and scikit-learn's metrics of the answers in
examples/*/expected.json to them.

usage: make_holdouts.py [FILE]

The CSV files have no truth in them, since requests have none: it is found again in scikit-learn's own data sets, row by row.
"""

import csv
import json
import pathlib
import sys
import warnings

import numpy
from sklearn import datasets, metrics

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parents[2] / "examples"


def truths(name, load):
    """The target of each held-out row."""
    data = load()
    target = data.target
    if name == "breast-cancer":
        target = data.target_names[target]  # the example predicts names
    known = {row.tobytes(): value for row, value in zip(data.data.astype(numpy.float32), target.tolist())}
    with (EXAMPLES / name / "heldout.csv").open(newline="") as file:
        rows = numpy.array(list(csv.reader(file))[1:], numpy.float32)
    return [known[row.tobytes()] for row in rows]


def outputs(name):
    document = json.loads((EXAMPLES / name / "expected.json").read_text())
    return {output["name"]: numpy.array(output["data"]).reshape(output["shape"]) for output in document["outputs"]}


def classification(truth, answers):
    # Single precision: the rows sum to 1 only nearly.
    warnings.filterwarnings("ignore", message="The y_prob values do not sum to one")
    labels, probabilities = answers["label"], answers["probabilities"]
    classes = sorted(set(truth))
    figures = {
        "accuracy": metrics.accuracy_score(truth, labels),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, labels),
        "f1_macro": metrics.f1_score(truth, labels, average="macro"),
        "log_loss": metrics.log_loss(truth, probabilities),
    }
    if len(classes) == 2:
        positive = [int(label == classes[1]) for label in truth]
        figures["roc_auc"] = metrics.roc_auc_score(positive, probabilities[:, 1])
        figures["pr_auc"] = metrics.average_precision_score(positive, probabilities[:, 1])
        figures["brier"] = metrics.brier_score_loss(positive, probabilities[:, 1])
    else:
        figures["roc_auc_macro"] = metrics.roc_auc_score(truth, probabilities, multi_class="ovr")
        figures["brier"] = metrics.brier_score_loss(truth, probabilities)
    recalls = metrics.recall_score(truth, labels, average=None)
    return figures | {f"recall class={label}": value for label, value in zip(classes, recalls)}


def regression(truth, answers):
    predicted = answers["prediction"].ravel()
    return {
        "mae": metrics.mean_absolute_error(truth, predicted),
        "rmse": metrics.root_mean_squared_error(truth, predicted),
        "r2": metrics.r2_score(truth, predicted),
        "mape": metrics.mean_absolute_percentage_error(truth, predicted),
    }


def document():
    loaders = {
        "iris": datasets.load_iris,
        "breast-cancer": datasets.load_breast_cancer,
        "digits": datasets.load_digits,
        "wine-gbdt": datasets.load_wine,
        "diabetes": lambda: datasets.load_diabetes(scaled=False),
    }
    described = {}
    for name, load in loaders.items():
        truth, answers = truths(name, load), outputs(name)
        figures = (classification if "label" in answers else regression)(truth, answers)
        described[name] = {"truth": truth, "figures": {key: float(value) for key, value in figures.items()}}
    return described


def main():
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "holdouts.json"
    path.write_text(json.dumps(document(), separators=(",", ":")).replace('},"', '},\n"') + "\n")


if __name__ == "__main__":
    main()
