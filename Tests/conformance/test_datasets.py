"""Data sets: pushed, listed and shown by command line and interface, with real data and with files that nobody should trust."""

import csv
import hashlib
import json
import re
import uuid

import pytest
import yaml

from slipway_server import resident_bytes

BASE = "/api/v1/spaces/default"
EXAMPLES = ["breast-cancer", "diabetes", "digits", "iris", "wine-gbdt"]


def post(server, name, data, format="csv", schema=None, key=None):
    """What `slipway dataset push` does, in plain HTTP: (status, answer)."""
    sha256 = hashlib.sha256(data).hexdigest()
    status, _, answer = server.request("PUT", f"{BASE}/blobs/{sha256}", data)
    assert status == 200, answer
    order = {"name": name, "sha256": sha256, "size": len(data), "format": format}
    headers = {"Idempotency-Key": key} if key else {}
    return server.json("POST", f"{BASE}/datasets", order | ({"schema": schema} if schema else {}), headers)


# Real data


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_held_out_rows_of_each_example(server, examples, name):
    path = examples / name / "heldout.csv"
    with path.open() as file:
        rows = list(csv.reader(file))
    pushed = server.cli_json("dataset", "push", path, "--name", name)
    assert pushed["isNew"] is True
    info = pushed["dataSet"]
    assert (info["name"], info["version"], info["format"], info["rows"]) == (name, 1, "csv", len(rows) - 1)
    assert info["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert info["size"] == path.stat().st_size
    columns = info["schema"]["columns"]
    assert [column["name"] for column in columns] == rows[0]
    for index, column in enumerate(columns):
        is_whole = all(re.fullmatch(r"-?\d+", row[index]) for row in rows[1:])
        assert (column["type"], column["allowsMissing"]) == ("integer" if is_whole else "number", False)
    again = server.cli("dataset", "push", path, "--name", name)
    assert again.stdout.startswith(f"already there as {name}:1: same bytes, no new version made")
    rules = server.cli_json("dataset", "rules", name)
    for index, rule in enumerate(rules["columns"]):
        values = [float(row[index]) for row in rows[1:]]
        assert rule["name"] == rows[0][index]
        assert rule["min"] <= min(values) and max(values) <= rule["max"], rule
        assert rule["maxMissingShare"] == 0


def test_a_person_pushes_lists_and_shows(new_server, tmp_path):
    server = new_server()
    nothing = server.cli("dataset", "list")
    assert "no data sets in space default yet" in nothing.stderr
    path = tmp_path / "people.csv"
    path.write_text('age,region,churned\n31,"north, east",true\n47,,false\n')
    result = server.cli("dataset", "push", path, "--name", "people")
    assert result.stdout.startswith(f"pushed people:1: {path.stat().st_size} B sent\n")
    lines = tmp_path / "people.jsonl"
    lines.write_text('{"age": 31, "region": "north"}\n{"age": 4.5}\n{"age": 7, "region": null}\n')
    assert server.cli("dataset", "push", lines, "--name", "people").stdout.startswith("pushed people:2")
    table = server.cli("dataset", "list").stdout.splitlines()
    assert table[0].split() == ["DATA", "SET", "LATEST", "ROWS", "COLUMNS", "SIZE", "PUSHED", "BY"]
    assert table[1].split()[:4] == ["people", "2", "3", "2"]
    shown = server.cli("dataset", "show", "people:1").stdout
    assert shown.startswith("people:1  (latest is 2)\n")
    assert re.search(r"rows +2\n +columns +age +integer\n +region +text +\(with gaps\)\n +churned +boolean\n", shown)
    assert hashlib.sha256(path.read_bytes()).hexdigest() in shown
    report = server.cli_json("dataset", "show", "people")
    assert report["dataSet"]["version"] == 2
    assert [version["version"] for version in report["versions"]] == [2, 1]
    assert [column["type"] for column in report["dataSet"]["schema"]["columns"]] == ["number", "text"]
    missing = server.cli("dataset", "show", "peple", check=False)
    assert missing.returncode == 1
    assert "there is no data set 'peple'" in missing.stderr and "did you mean people?" in missing.stderr
    assert server.cli("dataset", "show", "people:9", check=False).returncode == 1
    assert server.cli("dataset", "show", "people:x", check=False).returncode == 64
    # It outlives the server.
    assert server.terminate() == 0
    server.start()
    assert server.cli_json("dataset", "show", "people") == report


def test_rules_are_yaml_that_a_policy_can_take(server, tmp_path):
    path = tmp_path / "rules.csv"
    rows = [f"{20 + n % 40},{'north' if n % 2 else 'on'},{n / 8 - 2},{n}x" for n in range(100)]
    path.write_text("age,my: region,balance,id\n" + "\n".join(rows))
    server.cli("dataset", "push", path, "--name", "for-rules")
    text = server.cli("dataset", "rules", "for-rules:1").stdout
    assert text.startswith("# Read out of for-rules:1:")
    [rules] = yaml.safe_load(text)
    assert (rules.pop("name"), rules.pop("kind")) == ("data", "data")
    assert rules == {
        "onlyTheseColumns": True, "minRows": 50, "maxDuplicateShare": 0.01,
        "columns": [
            {"name": "age", "type": "integer", "min": 16, "max": 63, "maxMissingShare": 0},
            {"name": "my: region", "type": "text", "maxMissingShare": 0, "allowed": ["north", "on"]},
            {"name": "balance", "type": "number", "min": -3.238, "max": 11.62, "maxMissingShare": 0},
            {"name": "id", "type": "text", "maxMissingShare": 0},
        ],
    }
    document = server.cli_json("dataset", "rules", "for-rules")
    assert document == rules | {"dataset": "for-rules:1"}


def test_a_schema_that_is_given_is_held(server, tmp_path):
    path = tmp_path / "codes.csv"
    path.write_text("code,age\n007,31\n008,\n")
    schema = tmp_path / "schema.json"
    columns = [{"name": "age", "type": "integer", "allowsMissing": True},
               {"name": "code", "type": "text", "allowsMissing": False}]
    schema.write_text(json.dumps({"columns": columns}))
    pushed = server.cli_json("dataset", "push", path, "--name", "codes", "--schema", schema)
    assert pushed["dataSet"]["schema"]["columns"] == columns
    path.write_text("code,age\n007,old\n")
    refused = server.cli("dataset", "push", path, "--name", "codes", "--schema", schema, check=False)
    assert refused.returncode == 1
    assert "line 2 has 'old' as 'age', which is no integer" in refused.stderr
    schema.write_text('{"columns": [{"name": "age", "type": "date"}]}')
    assert server.cli("dataset", "push", path, "--name", "codes", "--schema", schema, check=False).returncode == 64


def test_a_model_says_which_data_set_it_was_trained_on(server, examples, models):
    server.cli("dataset", "push", examples / "iris" / "heldout.csv", "--name", "iris-train")
    named = {"by-version": "iris-train:1", "by-name": "iris-train", "elsewhere": "s3://bucket/iris.csv", "gone": "iris-train:7"}
    for name, dataset in named.items():
        server.cli("model", "push", examples / "iris" / "model.onnx", "--name", name, "--dataset", dataset)
    assert "iris-train:1  (pushed here, 45 rows)" in server.cli("model", "show", "by-version").stdout
    assert "iris-train  (iris-train:1 is the latest of that name here, 45 rows)" in server.cli(
        "model", "show", "by-name").stdout
    for name in ["elsewhere", "gone"]:
        assert re.search(rf"data set +{re.escape(named[name])}\n", server.cli("model", "show", name).stdout)
        assert "dataSet" not in server.cli_json("model", "show", name)
    assert server.cli_json("model", "show", "by-name")["dataSet"]["version"] == 1


def test_rules_that_were_read_out_of_a_reference_let_its_like_through_and_say_what_drifted(new_server, tmp_path, examples):
    server = new_server()
    for space in ("test", "prod"):
        server.cli("space", "create", space)
    reference = examples / "wine-gbdt" / "heldout.csv"
    server.cli("dataset", "push", reference, "--name", "reference", "--space", "prod")
    rules = server.cli("dataset", "rules", "reference", "--space", "prod").stdout
    policy = tmp_path / "policy.yaml"
    policy.write_text("promotesFrom: [test]\ngates:\n" + rules)
    server.cli("space", "set-policy", "prod", "--file", policy)
    rows = reference.read_text().splitlines()
    drifted = tmp_path / "drifted.csv"
    drifted.write_text("\n".join(rows[:40] + [rows[40].replace(rows[40].split(",")[0], "99.5", 1)]))
    server.cli("dataset", "push", reference, "--name", "train", "--space", "test")
    server.cli("dataset", "push", drifted, "--name", "train", "--space", "test")
    reports = {}
    for version, (example, dataset) in enumerate([("wine-gbdt", "train:1"), ("iris", "train:2"), ("digits", None)], 1):
        flags = ["--dataset", dataset] if dataset else []
        server.cli("model", "push", examples / example / "model.onnx", "--name", "wine", "--space", "test", *flags)
        server.cli("promote", f"wine:{version}", "--from", "test", "--to", "prod", check=False)
        [reports[version]] = server.cli_json("promotion", "show", version, "--space", "prod")["gates"]
    assert reports[1]["outcome"] == "passed", reports[1]
    assert reports[2]["outcome"] == "failed"
    failed = {figure["name"]: figure for figure in reports[2]["figures"] if figure.get("passed") is False}
    assert list(failed) == ["greatest alcohol"]
    assert (failed["greatest alcohol"]["candidate"], failed["greatest alcohol"]["limit"]) == (99.5, "at most 15.16")
    assert reports[3]["outcome"] == "error" and "does not say which data set it was trained on" in reports[3]["summary"]


# Files that nobody should trust


HOSTILE = {
    "empty": (b"", "csv", "the file is empty"),
    "header-only": (b"a,b\n", "csv", "the file has a header and no rows"),
    "open-quote": (b'a,b\n1,"2\n3,4\n', "csv", "line 2 opens a quote that is never closed"),
    "ragged": (b"a,b\n1,2\n3\n", "csv", "line 3 has 1 cells, the header has 2"),
    "nul": (b"a,b\n1,\x00\n", "csv", "line 2 has a NUL byte"),
    "latin-1": ("name\nJosé\n".encode("latin-1"), "csv", "line 2 is not UTF-8"),
    "utf-16": ("a,b\n1,2\n".encode("utf-16"), "csv", "line 1 is UTF-16, not UTF-8"),
    "twice": (b"a,a\n1,2\n", "csv", "the file has two columns named a"),
    "nameless": (b"a,\n1,2\n", "csv", "the file has no name for column 2"),
    "too-large-a-number": (b"a\n1\n1e999\n", "csv", "line 3 has a value of 'a' that is not finite"),
    "infinity": (b"a\n1\n-Infinity\n", "csv", "line 3 has a value of 'a' that is not finite"),
    "binary": (bytes(range(256)) * 64, "csv", "NUL byte"),
    "nested": (b'{"a": 1}\n{"a": {"b": 1}}\n', "jsonl", "line 2 has a list or an object as 'a'"),
    "no-json": (b'{"a": 1}\n{"a": NaN}\n', "jsonl", "line 2 has a value that JSON does not know as 'a'"),
    "mixed": (b'{"a": 1}\n{"a": "1"}\n', "jsonl", "line 2 has a text as 'a', line 1 has a number"),
    "array": (b'[{"a": 1}]', "jsonl", "line 1 is no JSON object"),
    "deep": (b'{"a": ' + b"[" * 500_000, "jsonl", "line 1 has a list or an object as 'a'"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_with_the_line(server, case):
    data, format, words = HOSTILE[case]
    status, answer = post(server, "hostile", data, format)
    assert (status, answer["code"]) == (400, "invalid"), answer
    assert words in answer["error"]
    assert server.json("GET", f"{BASE}/datasets/hostile/versions")[0] == 404


def test_lines_columns_and_cells_beyond_the_limits_are_refused_in_little_memory(server):
    def largest():
        return max(resident_bytes(pid, "VmHWM") for pid in server.children())

    before = largest()
    cases = {
        "row": b"a,b\n1,2\n" + b"x" * 10_000_000,
        "columns": ",".join(f"c{n}" for n in range(1_000_000)).encode() + b"\n1\n",
        "commas": b"," * 1_000_000 + b"\n",
        "quote": b'a,b\n1,"' + b"\n" * 5_000_000,
    }
    for name, data in cases.items():
        status, answer = post(server, "large", data)
        assert (status, answer["code"]) == (413, "too_large"), (name, answer)
    names = b"".join(b'{"n%d": 1}\n' % n for n in range(10_000))
    assert post(server, "large", names, "jsonl")[0] == 413
    status, answer = server.json(
        "POST", f"{BASE}/datasets", {"name": "large", "sha256": "a" * 64, "size": 1 << 62, "format": "csv"})
    assert (status, answer["code"]) == (413, "too_large")
    assert largest() - before < 200 << 20


@pytest.mark.parametrize("order, field", [
    ({"name": "../x"}, "name"), ({"name": "a%2fb"}, "name"), ({"name": ""}, "name"), ({"sha256": "A" * 64}, "sha256"),
    ({"sha256": "../../etc/passwd"}, "sha256"), ({"size": -1}, "size"), ({"size": 1.5}, "size"), ({"size": 4}, "size"),
    ({"format": "parquet"}, "format"), ({"version": 7}, "version"), ({"space": "prod"}, "space"), ({"createdBy": "me"}, "createdBy"),
    ({"schema": {"columns": []}}, "schema.columns"),
    ({"schema": {"columns": [{"name": "a", "type": "date", "allowsMissing": True}]}}, "schema.columns[0].type"),
])
def test_a_wrong_order_is_refused_with_its_field(server, order, field):
    data = b"a\n1\n2\n"
    sha256 = hashlib.sha256(data).hexdigest()
    assert server.request("PUT", f"{BASE}/blobs/{sha256}", data)[0] == 200
    good = {"name": "orders", "sha256": sha256, "size": len(data), "format": "csv"}
    status, answer = server.json("POST", f"{BASE}/datasets", good | order)
    assert (status, answer["code"], answer["field"]) == (400, "invalid", field), answer
    assert server.json("GET", f"{BASE}/datasets/orders/versions")[0] == 404


def test_bytes_that_were_not_sent_and_spaces_that_are_not_there(server):
    order = {"name": "unsent", "sha256": hashlib.sha256(b"never sent").hexdigest(), "size": 10, "format": "csv"}
    status, answer = server.json("POST", f"{BASE}/datasets", order)
    assert (status, answer["field"]) == (400, "sha256")
    assert "have not been uploaded" in answer["error"]
    for path in ["datasets", "datasets/x/versions", "datasets/x/versions/1", "datasets/x/versions/1/rules"]:
        assert server.json("GET", f"/api/v1/spaces/nowhere/{path}")[0] == 404
    for path in ["datasets/none/versions", "datasets/none/versions/1", "datasets/none/versions/latest/rules"]:
        status, answer = server.json("GET", f"{BASE}/{path}")
        assert (status, answer["code"]) == (404, "not_found")
    assert server.json("GET", f"{BASE}/datasets/none/versions/x")[0] == 400


def test_a_retry_under_the_same_key_finds_the_first_answer(server):
    key = str(uuid.uuid4())
    first = post(server, "keyed", b"a\n1\n", key=key)
    assert first[0] == 201
    assert post(server, "keyed", b"a\n1\n", key=key)[1]["dataSet"] == first[1]["dataSet"]
    assert post(server, "keyed", b"a\n2\n", key=key)[0] == 409


def test_a_rotten_data_set_is_found_and_not_read(new_server):
    server = new_server()
    data = b"a,b\n1,2\n3,4\n"
    assert post(server, "rotten", data)[0] == 201
    sha256 = hashlib.sha256(data).hexdigest()
    path = server.data / "blobs" / "sha256" / sha256[:2] / sha256
    path.chmod(0o600)
    path.write_bytes(b"a,b\n1,2\n3,5\n")
    status, answer = server.json("GET", f"{BASE}/datasets/rotten/versions/1/rules")
    assert (status, answer["code"]) == (422, "digest_mismatch")
    report = server.json("POST", "/api/v1/verify")[1]
    assert "data set rotten:1 of space default" in report["problems"][0]["message"]
    assert post(server, "rotten", data)[0] == 200
    assert server.json("GET", f"{BASE}/datasets/rotten/versions/1/rules")[0] == 200
    assert server.json("POST", "/api/v1/verify")[1]["problems"] == []
