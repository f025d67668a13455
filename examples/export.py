"""Turns a trained scikit-learn model into an example folder: the ONNX file and the answers expected of it.

Every `train.py` calls `write_example` with the model it trained and the rows it held out. The expected answers and
the held-out metrics are taken from ONNX Runtime running the written file, not from scikit-learn: they describe the
file that is served.
"""

import argparse
import csv
import importlib.metadata
import json
import math
import os
import pathlib

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when the library loads, so before the import below

import numpy
import onnx
import onnxruntime
import sklearn.metrics
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

OPSETS = {"": 17, "ai.onnx.ml": 3}
TOLERANCE = {"absolute": 1e-5, "relative": 1e-4}
LIBRARIES = ["numpy", "onnx", "onnxruntime", "scikit-learn", "skl2onnx"]
DATATYPES = {"tensor(float)": "FP32", "tensor(int64)": "INT64", "tensor(string)": "BYTES"}
ROWS_IN_REQUEST = 3
GOLDEN_ROWS = [(0, 1), (1, 4)]  # one row alone, then three together


def output_folder(script):
    """The folder that `script` writes to: its own, unless `--out` names another one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(script).resolve().parent)
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_example(
    folder, name, estimator, data_set, features, classes, held_out, truth, rows_trained, input_per_feature=False
):
    """Writes model.onnx, heldout.csv, expected.json, golden.json, metadata.json and request.json into `folder`.

    data_set           a dictionary with `name`, `source` and `task` in words
    features, classes  names; `classes` is None for a regression, else in the order of the model's probabilities
    held_out, truth    rows as float32 that the estimator has never seen, and what is true of them
    input_per_feature  False: one input `features` of [batch, n]; True: n inputs of [batch, 1] named as the features
    """
    onnx_model = convert(estimator, features, classes, truth, input_per_feature)
    feeds = feeds_of(held_out, features, input_per_feature)
    outputs = run(onnx_model, feeds)
    agree_with_scikit_learn(estimator, held_out, outputs, classes)
    metrics = classifier_metrics(outputs, truth, classes) if classes else regression_metrics(outputs, truth)

    description = {
        "data_set": data_set["name"],
        "data_set_source": data_set["source"],
        "task": data_set["task"],
        "algorithm": describe(estimator),
        "rows_trained": rows_trained,
        "rows_held_out": len(held_out),
        "feature_names": list(features),
        "class_names": classes,
        "held_out_metrics": metrics,
        "reproduce": "examples/train-all",
    }
    describe_inside(onnx_model, name, description)
    onnx.checker.check_model(onnx_model, full_check=True)
    onnx.save(onnx_model, folder / "model.onnx")

    write_rows(folder / "heldout.csv", features, held_out)
    facts = {"model": name, "rows": len(held_out), "tolerance": TOLERANCE}
    write_json(folder / "expected.json", {**facts, "outputs": outputs, "truth": truth.tolist()})
    write_json(folder / "request.json", request(held_out[:ROWS_IN_REQUEST], features, input_per_feature))
    write_json(folder / "golden.json", golden(held_out, features, input_per_feature, outputs))
    versions = {library: importlib.metadata.version(library) for library in LIBRARIES}
    write_json(folder / "metadata.json", {"name": name, **description, "libraries": versions}, indent=2)
    print(f"{name}: {json.dumps(metrics)}")


def convert(estimator, features, classes, truth, input_per_feature):
    if input_per_feature:
        inputs = [(feature, FloatTensorType([None, 1])) for feature in features]
    else:
        inputs = [("features", FloatTensorType([None, len(features)]))]
    if classes:
        label = Int64TensorType([None]) if truth.dtype.kind == "i" else StringTensorType([None])
        outputs = [("label", label), ("probabilities", FloatTensorType([None, len(classes)]))]
        options = {"zipmap": False}
    else:
        outputs = [("prediction", FloatTensorType([None, 1]))]
        options = None
    model = convert_sklearn(
        estimator, initial_types=inputs, final_types=outputs, options=options, target_opset=OPSETS
    )
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    return model


def describe(estimator):
    return " + ".join(str(step) for _, step in estimator.steps)


def describe_inside(model, name, description):
    """The same facts inside the ONNX file, where a registry finds them without any other file."""
    model.producer_name = "slipway-examples"
    model.producer_version = f"skl2onnx {importlib.metadata.version('skl2onnx')}"
    model.domain = "slipway.examples"
    model.model_version = 1
    model.graph.name = name
    rows, data_set = description["rows_trained"], description["data_set"]
    model.doc_string = f"{description['task']}, trained on {rows} rows of {data_set}."
    properties = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in description.items()
        if value is not None
    }
    onnx.helper.set_model_props(model, properties)


def feeds_of(rows, features, input_per_feature):
    if input_per_feature:
        return {feature: rows[:, [column]] for column, feature in enumerate(features)}
    return {"features": rows}


def run(model, feeds):
    """What ONNX Runtime answers, written as the outputs of an Open Inference Protocol response."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    outputs = []
    for output, value in zip(session.get_outputs(), session.run(None, feeds)):
        outputs.append(
            {
                "name": output.name,
                "datatype": DATATYPES[output.type],
                "shape": list(value.shape),
                "data": [plain(element) for element in value.ravel()],
            }
        )
    return outputs


def plain(element):
    """A float32 as the shortest decimal that reads back as the same float32; anything else as Python has it."""
    if isinstance(element, numpy.float32):
        return float(str(element))
    return element if isinstance(element, str) else element.item()


def array(outputs, name):
    output = next(output for output in outputs if output["name"] == name)
    return numpy.array(output["data"]).reshape(output["shape"])


def agree_with_scikit_learn(estimator, held_out, outputs, classes):
    """Stops when the conversion changed the model."""
    if classes:
        numpy.testing.assert_array_equal(array(outputs, "label"), estimator.predict(held_out))
        numpy.testing.assert_allclose(
            array(outputs, "probabilities"), estimator.predict_proba(held_out), rtol=1e-3, atol=1e-5
        )
    else:
        numpy.testing.assert_allclose(array(outputs, "prediction").ravel(), estimator.predict(held_out), rtol=1e-4)


def classifier_metrics(outputs, truth, classes):
    """`accuracy_of_majority` is what always answering the commonest class of these rows would score."""
    labels, probabilities = array(outputs, "label"), array(outputs, "probabilities")
    probabilities /= probabilities.sum(axis=1, keepdims=True)  # float32 rows sum to 1 only nearly
    known = sorted(set(truth.tolist()))
    commonest = max((truth == label).mean() for label in known)
    low, high = wilson_interval(int((labels == truth).sum()), len(truth))
    metrics = {
        "accuracy": (labels == truth).mean(),
        "accuracy_95_low": low,
        "accuracy_95_high": high,
        "accuracy_of_majority": commonest,
        "log_loss": sklearn.metrics.log_loss(truth, probabilities, labels=known),
    }
    if len(classes) == 2:
        metrics["roc_auc"] = sklearn.metrics.roc_auc_score(truth == known[1], probabilities[:, 1])
    return rounded(metrics)


def wilson_interval(successes, trials, z=1.959964):
    """Wilson's 95 % interval of a proportion (E. B. Wilson, JASA 22, 1927)."""
    share, square = successes / trials, z * z / trials
    middle = share + square / 2
    half = z * math.sqrt(share * (1 - share) / trials + square / (4 * trials))
    return (middle - half) / (1 + square), (middle + half) / (1 + square)


def regression_metrics(outputs, truth):
    """`rmse_of_mean` is what always answering the mean of these rows would score."""
    prediction = array(outputs, "prediction").ravel()
    return rounded(
        {
            "r2": sklearn.metrics.r2_score(truth, prediction),
            "rmse": sklearn.metrics.root_mean_squared_error(truth, prediction),
            "mae": sklearn.metrics.mean_absolute_error(truth, prediction),
            "rmse_of_mean": truth.std(),
        }
    )


def rounded(metrics):
    return {name: round(float(value), 4) for name, value in metrics.items()}


def golden(rows, features, input_per_feature, outputs):
    """Held-out rows as requests with the answers expected: what a server runs when the model is pushed and loaded."""
    return [
        {
            **request(rows[first:last], features, input_per_feature),
            "expected": [
                {**output, "shape": [last - first, *output["shape"][1:]], "data": rows_of(output, first, last)}
                for output in outputs
            ],
        }
        for first, last in GOLDEN_ROWS
    ]


def rows_of(output, first, last):
    width = math.prod(output["shape"][1:])
    return output["data"][first * width : last * width]


def request(rows, features, input_per_feature):
    return {
        "inputs": [
            {
                "name": name,
                "datatype": "FP32",
                "shape": list(value.shape),
                "data": [plain(element) for element in value.ravel()],
            }
            for name, value in feeds_of(rows, features, input_per_feature).items()
        ]
    }


def write_rows(path, features, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(features)
        writer.writerows([plain(element) for element in row] for row in rows)


def write_json(path, value, indent=None):
    separators = (",", ": ") if indent else (",", ":")
    path.write_text(json.dumps(value, indent=indent, separators=separators) + "\n")
