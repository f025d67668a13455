"""Real Git repositories in folders of their own, with what a pipeline needs."""

import json
import os
import pathlib
import subprocess
import sys

import yaml

import rollout_models

TRAIN = '''
"""Trains on the rows that are checked in, and writes the model and its figures."""
import csv
import json
import pathlib

import numpy
import onnx
from onnx import TensorProto, helper
from sklearn.linear_model import LogisticRegression

header, *rows = csv.reader(open("data/train.csv"))
x = numpy.array([[float(value) for value in row[:-1]] for row in rows], dtype=numpy.float32)
y = numpy.array([int(row[-1]) for row in rows])
LABELS
model = LogisticRegression(max_iter=2000).fit(x, y)
print("trained on", len(rows), "rows")
classifier = helper.make_node(
    "LinearClassifier", ["x"], ["label", "scores"], domain="ai.onnx.ml",
    coefficients=model.coef_.astype(numpy.float32).ravel().tolist(),
    intercepts=model.intercept_.astype(numpy.float32).tolist(), classlabels_ints=[0, 1, 2], post_transform="SOFTMAX")
graph = helper.make_graph(
    [classifier], "iris", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 4])],
    [helper.make_tensor_value_info("label", TensorProto.INT64, ["rows"]),
     helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["rows", 3])])
whole = helper.make_model(
    graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)])
out = pathlib.Path("out")
out.mkdir()
onnx.save(whole, out / "model.onnx")
(out / "metrics.json").write_text(json.dumps({"trainAccuracy": float(model.score(x, y)), "rows": len(rows)}))
'''

VALIDATE = '''
import csv

rows = list(csv.DictReader(open("data/train.csv")))
bad = [number for number, row in enumerate(rows, 2) if row["species"] not in "012"]
if bad:
    raise SystemExit(f"line {bad[0]} of data/train.csv has no known species")
print(len(rows), "rows are valid")
'''


class GitRepository:
    """A work tree that is its own remote: what is committed on `main` is what a run of it gets."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    @property
    def url(self):
        return f"file://{self.path}"

    def git(self, *arguments):
        people = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
                  for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.com"))}
        result = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *map(str, arguments)], cwd=self.path, capture_output=True,
            text=True, env=os.environ | people)
        assert result.returncode == 0, (arguments, result.stderr)
        return result.stdout.strip()

    def write(self, name, content):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)

    def pipeline(self, **members):
        self.write("slipway.yaml", yaml.safe_dump({"pipeline": members}))

    def commit(self, message="a change"):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def model(self, number, name="model.onnx"):
        """A model that is checked in, another one for each number."""
        made = rollout_models.sound(self.path, number)
        made.replace(self.path / name)

    # A project that trains.

    def train_script(self, labels=""):
        self.write("train.py", TRAIN.replace("LABELS", labels))

    def trains(self):
        """Three flowers by four figures, a script that learns them, and rows that it never sees: their text."""
        from sklearn.datasets import load_iris

        flowers = load_iris()
        lines = [",".join([*map(str, row), str(label)]) for row, label in zip(flowers.data, flowers.target)]
        header = "a,b,c,d,species"
        self.write("data/train.csv", "\n".join([header, *lines[::2]]) + "\n")
        self.write("data/features.csv", "\n".join(["a,b,c,d", *(line.rsplit(",", 1)[0] for line in lines[::2])]) + "\n")
        self.write("validate.py", VALIDATE)
        self.train_script()
        self.write("test.py", "import json\nassert json.load(open('out/metrics.json'))['rows'] == 75\nprint('fine')\n")
        python = sys.executable
        self.pipeline(
            model={"name": "iris", "file": "out/model.onnx", "metrics": "out/metrics.json",
                   "reference": "data/features.csv", "dataSet": "iris-train"},
            data=[{"name": "iris-train", "file": "data/train.csv"}],
            validate=[f"{python} validate.py"], build=[f"{python} train.py"], test=[f"{python} test.py"],
            promote=["test", "prod"], deploy={"space": "prod", "as": "iris"})
        return "\n".join([header, *lines[1::2]]) + "\n"


def audit(server, action):
    """The events of an action, newest first, with their detail as values."""
    events = server.cli_json("audit", "list", "--action", action)
    return [event | {"detail": json.loads(event["detail"])} for event in events]
