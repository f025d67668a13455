"""Compares freshly trained examples with the committed ones; exits 1 and says what differs when they do.

usage: check.py FOLDER-OF-COMMITTED FOLDER-OF-RETRAINED NAME...

The training is deterministic, but another processor may add floating-point numbers in another order. So held-out rows
and metrics must be the same, and answers must agree within the tolerance that each expected.json states.
"""

import csv
import json
import os
import pathlib
import sys

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when the library loads, so before the import below

import numpy
import onnxruntime

DATATYPES = {"tensor(float)": "FP32", "tensor(int64)": "INT64", "tensor(string)": "BYTES"}
TOUR = "promotion"
WORLD = "drift"
TRUTH = "diagnosis"  # the last column of its rows
TOLERANCE = {"absolute": 1e-5, "relative": 1e-4}


def differences(committed, retrained):
    """What is wrong with one example, as sentences."""
    expected = json.loads((committed / "expected.json").read_text())
    yield from differing_outputs("the committed model", expected, answers(committed))
    yield from differing_outputs("the retrained model", expected, answers(retrained, rows_of=committed))
    yield from differing_files(committed, retrained, ["heldout.csv", "request.json"])


def differences_of_tour(committed, retrained):
    """The same of the two models of the tour. Their truth stands in the CSV file, and no file says what they answer."""
    for model in ["first", "second"]:
        wanted = answers(committed, f"{model}.onnx", "unseen.csv")
        got = answers(retrained, f"{model}.onnx", "unseen.csv", rows_of=committed)
        outputs = [
            {"name": name, "datatype": datatype, "shape": list(value.shape), "data": value.tolist()}
            for name, (datatype, value) in wanted.items()
        ]
        expected = {"outputs": outputs, "tolerance": TOLERANCE}
        yield from differing_outputs(f"the retrained {model} model", expected, got)
    yield from differing_files(committed, retrained, ["unseen.csv", "request.json"])


def differing_files(committed, retrained, same_bytes):
    for file in same_bytes:
        if (committed / file).read_bytes() != (retrained / file).read_bytes():
            yield f"{file} differs"
    before, now = (json.loads((folder / "metadata.json").read_text()) for folder in [committed, retrained])
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) != now.get(key):
            yield f"metadata.json: {key} is {now.get(key)}, committed {before.get(key)}"


def answers(folder, model="model.onnx", held_out="heldout.csv", rows_of=None):
    """What ONNX Runtime answers for the held-out rows read back from the CSV file, by output name."""
    with ((rows_of or folder) / held_out).open(newline="") as file:
        header, *lines = csv.reader(file)
    if header[-1] == TRUTH:
        header, lines = header[:-1], [line[:-1] for line in lines]
    rows = numpy.array(lines, numpy.float32)
    session = onnxruntime.InferenceSession(folder / model, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    feeds = {"features": rows} if names == ["features"] else {name: rows[:, [header.index(name)]] for name in names}
    values = session.run(None, feeds)
    return {output.name: (DATATYPES[output.type], value) for output, value in zip(session.get_outputs(), values)}


def differing_outputs(who, expected, got):
    names = [output["name"] for output in expected["outputs"]]
    if names != list(got):
        yield f"{who} has the outputs {list(got)}, expected {names}"
        return
    tolerance = expected["tolerance"]
    for output in expected["outputs"]:
        datatype, value = got[output["name"]]
        if (datatype, list(value.shape)) != (output["datatype"], output["shape"]):
            wanted = f"{output['datatype']} {output['shape']}"
            yield f"{who}: {output['name']} is {datatype} {list(value.shape)}, expected {wanted}"
            continue
        wanted = numpy.array(output["data"]).reshape(output["shape"])
        if datatype == "FP32":
            same = numpy.isclose(value, wanted, rtol=tolerance["relative"], atol=tolerance["absolute"])
        else:
            same = value == wanted
        if not same.all():
            yield f"{who}: {output['name']} differs in {(~same).sum()} of {same.size} elements"


def missing_in_readme(readme, name, metrics):
    """The table of the README states the metric that counts most, so that it cannot grow stale unseen."""
    metric = "accuracy" if "accuracy" in metrics else "r2"
    row = next((line for line in readme.splitlines() if line.startswith(f"| [{name}]")), "")
    if f"{metrics[metric]:.4f}" not in row:
        yield f"README.md does not state {metric} {metrics[metric]:.4f} in the row of {name}"


def main(committed, retrained, *names):
    found = 0
    readme = (pathlib.Path(committed) / "README.md").read_text()
    for name in names:
        ours, again = pathlib.Path(committed) / name, pathlib.Path(retrained) / name
        if name == TOUR:
            wrong = list(differences_of_tour(ours, again))
        elif name == WORLD:
            # The accuracy in each world stands in the metadata.
            wrong = list(differing_files(ours, again, ["reference.csv", "steady.csv", "drifted.csv"]))
        else:
            metrics = json.loads((ours / "metadata.json").read_text())["held_out_metrics"]
            wrong = [*differences(ours, again), *missing_in_readme(readme, name, metrics)]
        bytes_too = all(file.read_bytes() == (again / file.name).read_bytes() for file in ours.glob("*.onnx"))
        verdict = "differs" if wrong else "same file" if bytes_too else "same answers"
        print(f"{name}: {verdict}")
        for sentence in wrong:
            print(f"  {sentence}", file=sys.stderr)
        found += len(wrong)
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
