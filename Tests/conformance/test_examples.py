"""The example models, pushed and deployed as a person would: every held-out row, in every way to ask, is answered as
expected.json says."""

import csv
import json
import math
import struct

import pytest

NAMES = ["iris", "breast-cancer", "digits", "diabetes", "wine-gbdt"]


class Example:
    def __init__(self, folder):
        self.name = folder.name
        self.folder = folder
        self.model = folder / "model.onnx"
        self.csv = folder / "heldout.csv"
        self.expected = json.loads((folder / "expected.json").read_text())
        self.metadata = json.loads((folder / "metadata.json").read_text())
        with self.csv.open(newline="") as file:
            self.header, *lines = csv.reader(file)
        self.rows = [[float(cell) for cell in line] for line in lines]

    @property
    def columns(self):
        """The inputs' names and the rows of each: one wide input, or one per column."""
        if self.name == "diabetes":
            return {name: [[row[at]] for row in self.rows] for at, name in enumerate(self.header)}
        return {"features": self.rows}

    def inputs(self):
        return [
            {"name": name, "datatype": "FP32", "shape": [len(rows), len(rows[0])],
             "data": [value for row in rows for value in row]} for name, rows in self.columns.items()
        ]

    def assert_outputs(self, outputs):
        """`outputs`: name, shape and flat data of each; in the order of expected.json."""
        tolerance = self.expected["tolerance"]
        assert [output["name"] for output in outputs] == [output["name"] for output in self.expected["outputs"]]
        for got, wanted in zip(outputs, self.expected["outputs"]):
            assert (got["datatype"], got["shape"]) == (wanted["datatype"], wanted["shape"])
            assert len(got["data"]) == len(wanted["data"])
            for place, (value, right) in enumerate(zip(got["data"], wanted["data"])):
                if wanted["datatype"] == "FP32":
                    same = math.isclose(
                        value, right, rel_tol=tolerance["relative"], abs_tol=tolerance["absolute"])
                else:
                    same = value == right
                assert same, f"{self.name} {wanted['name']}[{place}]: {value}, expected {right}"

    def assert_named(self, named):
        """`named`: nested values of each output, as TensorFlow Serving has them."""
        self.assert_outputs([
            {"name": output["name"], "datatype": output["datatype"], "shape": output["shape"],
             "data": flat(named[output["name"]])} for output in self.expected["outputs"]
        ])


def flat(value):
    return [leaf for item in value for leaf in flat(item)] if isinstance(value, list) else [value]


@pytest.fixture(scope="module")
def pushed(server, examples):
    """Every example, pushed and deployed by the command line with its metrics."""
    found = {}
    for name in NAMES:
        example = Example(examples / name)
        metrics = [f"--metric={key}={value}" for key, value in example.metadata["held_out_metrics"].items()]
        result = server.cli_json("model", "push", example.model, "--name", name, *metrics)
        assert (result["isNew"], result["version"]["version"]) == (True, 1)
        deployment = server.cli_json("deploy", name)
        assert (deployment["endpoint"], deployment["version"], deployment["state"]) == (name, 1, "ready")
        found[name] = example
    return found


@pytest.fixture(params=NAMES)
def example(request, pushed):
    return pushed[request.param]


def test_there_are_these_examples_and_no_others(examples):
    assert sorted(folder.parent.name for folder in examples.glob("*/model.onnx")) == sorted(NAMES)


def test_the_held_out_file_is_what_was_expected_of(example):
    assert len(example.rows) == example.expected["rows"] == example.metadata["rows_held_out"]
    assert len(example.rows) >= 45


def test_show_tells_what_is_known_of_it(server, example):
    report = server.cli_json("model", "show", example.name)
    assert report["version"]["metrics"] == pytest.approx(example.metadata["held_out_metrics"])
    assert [tensor["name"] for tensor in report["version"]["inputs"]] == list(example.columns)
    assert [tensor["name"] for tensor in report["version"]["outputs"]] == [
        output["name"] for output in example.expected["outputs"]]
    text = server.cli("model", "show", example.name).stdout
    assert f"{example.name}:1" in text and "FP32[batch" in text and report["version"]["digest"] in text


def test_all_rows_in_json(server, example):
    status, answer = server.infer(example.name, example.inputs())
    assert status == 200
    example.assert_outputs(answer["outputs"])


def test_all_rows_in_binary(server, example):
    inputs, tail = [], b""
    for tensor in example.inputs():
        data = struct.pack(f"<{len(tensor['data'])}f", *tensor.pop("data"))
        inputs.append(tensor | {"parameters": {"binary_data_size": len(data)}})
        tail += data
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    status, headers, body = server.request(
        "POST", f"/v2/models/{example.name}/infer", head + tail, {"Inference-Header-Content-Length": str(len(head))})
    assert status == 200
    length = int(headers["inference-header-content-length"])
    answer, rest = json.loads(body[:length]), body[length:]
    for output in answer["outputs"]:
        size = output["parameters"]["binary_data_size"]
        output["data"], rest = unpack(output["datatype"], rest[:size]), rest[size:]
    assert rest == b""
    example.assert_outputs(answer["outputs"])


def unpack(datatype, data):
    if datatype == "BYTES":
        texts = []
        while data:
            (length,) = struct.unpack_from("<I", data)
            texts.append(data[4:4 + length].decode())
            data = data[4 + length:]
        return texts
    form, width = {"FP32": ("f", 4), "INT64": ("q", 8)}[datatype]
    return list(struct.unpack(f"<{len(data) // width}{form}", data))


def test_each_row_alone(server, example):
    """Rows asked about one by one are answered as in a batch."""
    tensors = example.inputs()
    answers = []
    for row in range(len(example.rows)):
        alone = []
        for tensor in tensors:
            width = tensor["shape"][1]
            data = tensor["data"][row * width:(row + 1) * width]
            alone.append(tensor | {"shape": [1, width], "data": data})
        status, answer = server.infer(example.name, alone)
        assert status == 200
        answers.append(answer["outputs"])
    example.assert_outputs([
        answers[0][at] | {"shape": [len(answers), *answers[0][at]["shape"][1:]],
                          "data": [value for answer in answers for value in answer[at]["data"]]}
        for at in range(len(answers[0]))
    ])


def test_the_request_that_is_shown_to_people(server, example):
    status, answer = server.json(
        "POST", f"/v2/models/{example.name}/infer", (example.folder / "request.json").read_bytes())
    assert status == 200
    for got, wanted in zip(answer["outputs"], example.expected["outputs"], strict=True):
        assert got["shape"] == [3, *wanted["shape"][1:]]
        assert_beginning(got["data"], wanted)


def assert_beginning(values, wanted):
    """`values` are the first of an expected output."""
    right = wanted["data"][:len(values)]
    assert len(values) >= 3
    assert values == (pytest.approx(right, rel=1e-4, abs=1e-5) if wanted["datatype"] == "FP32" else right)


def test_all_rows_in_the_row_form_of_tensorflow_serving(server, example):
    columns = example.columns
    rows = [{name: values[row] for name, values in columns.items()} for row in range(len(example.rows))]
    bodies = [rows] + ([example.rows] if len(columns) == 1 else [])
    for instances in bodies:
        status, answer = server.json("POST", f"/v1/models/{example.name}:predict", {"instances": instances})
        assert status == 200
        names = [output["name"] for output in example.expected["outputs"]]
        if len(names) == 1:
            example.assert_named({names[0]: answer["predictions"]})
        else:
            example.assert_named({name: [row[name] for row in answer["predictions"]] for name in names})


def test_all_rows_in_the_column_form_of_tensorflow_serving(server, example):
    status, answer = server.json("POST", f"/v1/models/{example.name}:predict", {"inputs": example.columns})
    assert status == 200
    outputs = answer["outputs"]
    if len(example.expected["outputs"]) == 1:
        outputs = {example.expected["outputs"][0]["name"]: outputs}
    example.assert_named(outputs)


def test_predict_takes_the_csv_and_prints_json(server, example):
    answer = server.cli_json("predict", example.name, "--file", example.csv)
    assert (answer["model_name"], answer["model_version"]) == (example.name, "1")
    example.assert_outputs(answer["outputs"])
    again = server.cli_json("predict", example.name, "--file", "-", input=example.csv.read_text())
    assert again["outputs"] == answer["outputs"]


def test_predict_takes_the_request_and_prints_json(server, example):
    answer = server.cli_json("predict", example.name, "--file", example.folder / "request.json")
    for got, wanted in zip(answer["outputs"], example.expected["outputs"], strict=True):
        assert_beginning(got["data"], wanted)


def test_predict_takes_the_csv_and_prints_a_table(server, example):
    """One line for each row, in order; labels as expected, numbers as expected as far as they are shown."""
    header, *lines = server.cli("predict", example.name, "--file", example.csv).stdout.splitlines()
    assert header.split()[0] == "ROW"
    assert [int(line.split()[0]) for line in lines] == list(range(1, len(example.rows) + 1))
    cells = [line.split() for line in lines]
    first, *more = example.expected["outputs"]
    classes = example.metadata.get("class_names")
    for row, line in enumerate(cells):
        value = first["data"][row]
        if first["datatype"] == "FP32":
            assert float(line[1]) == pytest.approx(value, rel=1e-3, abs=1e-4)
        else:
            assert line[1] == str(value)
        for scores in more:
            width = scores["shape"][1]
            part = scores["data"][row * width:(row + 1) * width]
            if width <= 6:
                assert [float(cell) for cell in line[-width:]] == pytest.approx(part, abs=1e-4)
            else:
                best = sorted(range(width), key=lambda at: -part[at])[:3]
                assert [cell for cell in line[-6::2]] == [str(classes[at]) for at in best]
                assert [float(cell) for cell in line[-5::2]] == pytest.approx([part[at] for at in best], abs=1e-4)


def test_columns_in_another_order_are_matched_by_name(server, example):
    """A CSV with its columns shuffled and one more in between gives the same answers."""
    order = list(range(len(example.header)))[::-1]
    lines = [",".join(["nothing"] + [quoted(example.header[at]) for at in order])]
    lines += [",".join(["7"] + [repr(row[at]) for at in order]) for row in example.rows]
    result = server.cli("predict", example.name, "--file", "-", "--output", "json", input="\n".join(lines))
    assert "not used: nothing" in result.stderr
    example.assert_outputs(json.loads(result.stdout)["outputs"])


def quoted(name):
    return f'"{name}"' if "," in name else name


def test_the_metrics_are_true(server, example):
    """Accuracy, or R squared, worked out anew from what the server answers."""
    _, answer = server.infer(example.name, example.inputs())
    truth, given = example.expected["truth"], answer["outputs"][0]["data"]
    metrics = example.metadata["held_out_metrics"]
    if "accuracy" in metrics:
        right = sum(str(a) == str(b) for a, b in zip(given, truth, strict=True))
        assert right / len(truth) == pytest.approx(metrics["accuracy"], abs=1e-4)
    else:
        mean = sum(truth) / len(truth)
        residual = sum((a - b) ** 2 for a, b in zip(given, truth, strict=True))
        assert 1 - residual / sum((b - mean) ** 2 for b in truth) == pytest.approx(metrics["r2"], abs=1e-4)
