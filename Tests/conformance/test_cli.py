"""The command line as people and scripts use it: what it prints, where, and the exit codes that it ends with."""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import termios
import time

import numpy
import onnx
import pytest

from recipes import constant, graph, model, node, tensor
from slipway_server import BINARY, environment, free_port


@pytest.fixture(scope="module")
def world(server, models, examples):
    """iris in two versions, deployed once; addsub not deployed."""
    server.cli("model", "push", examples / "iris" / "model.onnx", "--name", "iris", "--metric", "accuracy=0.9333",
               "--tag", "team=flowers", "--git-commit", "abc123", "--dataset", "iris")
    server.cli("model", "push", models / "classifier.onnx", "--name", "iris")
    server.cli("deploy", "iris:1", "--reason", "first try")
    server.cli("model", "push", models / "addsub.onnx", "--name", "addsub")
    return server


def run(*arguments, env=None, input=None):
    return subprocess.run(
        [str(BINARY), *map(str, arguments)], capture_output=True, text=True, input=input, timeout=60,
        env=environment(**(env or {})))


# Push


def test_push_tells_what_it_did_and_what_is_next(world, models):
    result = world.cli("model", "push", models / "identity_fp32.onnx", "--name", "fresh")
    assert re.match(r"pushed fresh:1: .*sent\n", result.stdout)
    assert "FP32[rows, columns]" in result.stdout
    assert f"next: slipway deploy fresh --server {world.url}" in result.stdout
    assert result.stderr == ""


def test_pushing_the_same_again_says_so_and_makes_no_version(world, models, tmp_path):
    path = models / "identity_fp64.onnx"
    assert world.cli_json("model", "push", path, "--name", "same")["isNew"] is True
    result = world.cli("model", "push", path, "--name", "same", "--metric", "accuracy=1")
    assert result.stdout.startswith("already there as same:1: same bytes, no new version made")
    assert "not added" in result.stderr
    renamed = tmp_path / "the-same-again.onnx"
    renamed.write_bytes(path.read_bytes())
    assert world.cli_json("model", "push", renamed, "--name", "same")["isNew"] is False
    again = world.cli_json("model", "push", path, "--name", "same")
    assert (again["isNew"], again["version"]["version"], again["version"]["metrics"]) == (False, 1, {})
    assert world.cli_json("model", "show", "same")["model"]["versions"] == 1


def test_the_same_bytes_under_another_name_are_stored_once(world, models):
    path = models / "identity_int32.onnx"
    before = world.cli_json("status")["blobBytes"]
    world.cli("model", "push", path, "--name", "one-name")
    stored = world.cli_json("status")["blobBytes"]
    assert stored == before + path.stat().st_size
    result = world.cli("model", "push", path, "--name", "another-name")
    assert "stored already, nothing was sent" in result.stdout
    assert world.cli_json("status")["blobBytes"] == stored


def test_a_folder_with_its_weights_in_other_files(world, models):
    result = world.cli_json("model", "push", models / "external_data", "--name", "external")
    paths = [file["path"] for file in result["version"]["files"]]
    assert "model.onnx" in paths and len(paths) > 1
    world.cli("deploy", "external")
    assert world.json("GET", "/v2/models/external/ready")[0] == 200


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A model of 48 MB."""
    weights = numpy.random.default_rng(1).random((3000, 4000)).astype("<f4")
    made = model(graph(
        "large", [node("MatMul", ["x", "weights"], ["y"])], [tensor("x", "FP32", ["batch", 3000])],
        [tensor("y", "FP32", ["batch", 4000])], [constant("weights", weights)]), check=False)
    path = tmp_path_factory.mktemp("large") / "large.onnx"
    onnx.save(made, path)
    return path


def on_terminal(*arguments, width=100):
    """Runs the command with a terminal for standard output and error; returns what it showed and the exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    kept = environment(TERM="xterm")
    process = subprocess.Popen(
        [str(BINARY), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=kept)
    os.close(theirs)
    shown, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 1)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
    os.close(ours)
    return shown.decode(), process.wait(10)


def test_a_terminal_gets_a_progress_bar_and_a_pipe_none(world, large):
    shown, code = on_terminal("model", "push", large, "--name", "large", "--server", world.url)
    assert code == 0, shown
    assert re.search(r"sending  \[[=> ]{10,}\]  +\d+%  [\d.]+ [kM]?B of 48\.0 MB", shown), shown
    assert "100%" in shown
    assert "pushed large:1" in shown.splitlines()[-6:][0] or "pushed large:1" in shown
    widest = max(len(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line)) for line in re.split(r"[\r\n]+", shown))
    assert widest <= 100
    with large.open("ab") as file:
        # Another file to send: a field that ONNX does not know is skipped.
        file.write(b"\xfa\x3f\x04more")
    result = world.cli("model", "push", large, "--name", "large")
    assert "pushed large:2: 48.0 MB sent" in result.stdout
    assert result.stderr == "" and "\r" not in result.stdout and "\x1b" not in result.stdout and "%" not in result.stdout


@pytest.mark.parametrize("name,word", [
    ("pickle", "pickle"), ("text", "ONNX"), ("truncated", ""), ("unknown_operator", "Conjure"), ("zipmap", "by_class"),
])
def test_what_is_refused_leaves_nothing(world, models, name, word):
    index = json.loads((models / "models.json").read_text())
    result = world.cli("model", "push", models / index[name]["path"], "--name", "refused", check=False)
    assert result.returncode == 1, result.stdout
    assert result.stderr.startswith("error: ") and len(result.stderr) > 30
    assert word in result.stderr and pathlib.Path(index[name]["path"]).name in result.stderr
    assert result.stdout == ""
    assert world.json("GET", "/api/v1/spaces/default/models/refused")[0] == 404


# List and show


def test_list_and_show(world):
    lines = world.cli("model", "list").stdout.splitlines()
    assert lines[0].split() == ["MODEL", "LATEST", "SIZE", "SERVED", "AT", "METRICS", "PUSHED"]
    row = next(line for line in lines if line.startswith("iris "))
    assert row.split()[1] == "2" and "iris:1" in row
    assert lines[1:] == sorted(lines[1:], key=lambda line: line.split()[0])
    listed = {item["name"]: item for item in world.cli_json("model", "list")}
    assert (listed["iris"]["versions"], listed["iris"]["latestVersion"], listed["iris"]["deployed"]) == (2, 2, ["iris:1"])
    assert listed["addsub"]["deployed"] == []

    text = world.cli("model", "show", "iris:1").stdout
    for fact in ["iris:1  (latest is 2)", "FP32[batch, 4]", "accuracy", "0.9333", "team=flowers", "abc123", "by local",
                 "iris:1"]:
        assert fact in text, text
    report = world.cli_json("model", "show", "iris")
    assert report["version"]["version"] == 2
    assert [version["version"] for version in report["versions"]] == [2, 1]
    assert report["versions"][1]["metrics"] == {"accuracy": 0.9333}


# Deploy and deployments


def test_a_deployment_from_begin_to_end(world):
    result = world.cli("deploy", "iris:1", "--as", "flowers", "--reason", "for the florist")
    assert result.stdout.startswith("iris:1 answers at endpoint flowers (revision 1)")
    curl = re.search(r"  curl (\S+) -d '(.+)'", result.stdout)
    answer = subprocess.run(["curl", "-sf", curl[1], "-d", curl[2]], capture_output=True, check=True).stdout
    assert json.loads(answer)["outputs"][0]["name"] == "label"

    again = world.cli("deploy", "iris:1", "--as", "flowers")
    assert "nothing changed" in again.stdout
    result = world.cli("deploy", "iris", "--as", "flowers", "--deadline", "2000", "--threads", "2")
    assert "iris:2 answers at endpoint flowers (revision 2, before: iris:1)" in result.stdout

    shown = world.cli_json("deployment", "show", "flowers")
    assert (shown["version"], shown["revision"], shown["state"]) == (2, 2, "ready")
    assert (shown["options"]["deadlineMilliseconds"], shown["options"]["intraOpThreads"]) == (2000, 2)
    text = world.cli("deployment", "show", "flowers").stdout
    assert f"{world.url}/v2/models/flowers/infer" in text and "2 threads" in text

    history = world.cli_json("deployment", "history", "flowers")
    assert [(entry["revision"], entry["version"], entry["isCurrent"]) for entry in history] == [
        (2, 2, True), (1, 1, False)]
    assert history[1]["reason"] == "for the florist"
    lines = world.cli("deployment", "history", "flowers").stdout.splitlines()
    assert lines[0].split()[:3] == ["REVISION", "ACTION", "MODEL"] and len(lines) == 3

    lines = world.cli("deployment", "list").stdout.splitlines()
    assert lines[0].split()[:3] == ["ENDPOINT", "MODEL", "STATE"]
    assert any(line.split()[:3] == ["flowers", "iris:2", "ready"] for line in lines)
    assert "flowers" in [item["endpoint"] for item in world.cli_json("deployment", "list")]

    result = world.cli("deployment", "delete", "flowers")
    assert "no longer answers" in result.stdout and "slipway deploy iris:2 --as flowers" in result.stdout
    assert world.json("GET", "/v2/models/flowers")[0] == 404
    assert world.cli("deployment", "show", "flowers", check=False).returncode == 1
    assert [entry["action"] for entry in world.cli_json("deployment", "history", "flowers")] == [
        "delete", "deploy", "deploy"]
    world.cli("deploy", "iris", "--as", "flowers")
    assert world.cli_json("deployment", "delete", "flowers") == {"deleted": "flowers"}


# Predict


IRIS_CSV = "a,b,c,d\n5.1,3.5,1.4,0.2\n6.7,3.0,5.2,2.3\n"


def test_predict_from_everywhere_in_every_form(world, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text(IRIS_CSV)
    wanted = world.cli_json("predict", "iris", "--file", file)["outputs"]
    assert wanted[0]["data"] == [0, 2]
    data = [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]
    request = {"inputs": [{"name": "features", "datatype": "FP32", "shape": [2, 4], "data": data}]}
    objects = [dict(zip(["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"], row))
               for row in data]
    for form in [data, request, objects]:
        assert world.cli_json("predict", "iris", "--data", json.dumps(form))["outputs"] == wanted
        assert world.cli_json("predict", "iris", "--file", "-", input=json.dumps(form))["outputs"] == wanted
    for text in [IRIS_CSV, IRIS_CSV.replace(",", ";"), IRIS_CSV.replace(",", "\t"), "\ufeff" + IRIS_CSV,
                 IRIS_CSV.replace("\n", "\r\n"), IRIS_CSV + "\n\n"]:
        assert world.cli_json("predict", "iris", "--file", "-", input=text)["outputs"] == wanted
    for form, key in [({"instances": data}, "predictions"), ({"inputs": data}, "outputs")]:
        answer = world.cli_json("predict", "iris", "--data", json.dumps(form))
        assert list(answer) == [key]

    lines = world.cli("predict", "iris", "--file", file).stdout.splitlines()
    assert lines[0].split() == ["ROW", "label", "setosa", "versicolor", "virginica"]
    assert [line.split()[:3] for line in lines[1:]] == [["1", "0", "setosa"], ["2", "2", "virginica"]]
    table = world.cli("predict", "iris", "--data", json.dumps({"instances": data})).stdout
    assert table.splitlines()[0].split() == ["ROW", "label", "probabilities"]


def test_predict_sends_many_rows_in_several_requests(world):
    rows = "\n".join(f"{n % 7},{n % 5},{n % 3},{n % 2}" for n in range(2500))
    lines = world.cli("predict", "iris", "--file", "-", input="a,b,c,d\n" + rows).stdout.splitlines()
    assert [int(line.split()[0]) for line in lines[1:]] == list(range(1, 2501))


@pytest.mark.parametrize("text,word", [
    ("a,b,c\n1,2,3\n", "4 values"), ("a,b,c,d\n1,2,3,x\n", "row 1"), ("a,b,c,d\n1,2,3\n", "line 2"),
    ("a,b,c,d\n", "no rows"), ("", "empty"), ('{"inputs": [', "line 1, column 13"), ("[[1,2,3,4],[1,2]]", "row 2"),
    ('{"rows": []}', "form"), ('a,b,c,d\n"1,2,3,4\n', "quote"),
])
def test_predict_says_what_is_wrong_with_the_rows(world, text, word):
    result = world.cli("predict", "iris", "--file", "-", input=text, check=False)
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr.startswith("error: ") and word in result.stderr, result.stderr


def test_predict_with_several_inputs(world):
    world.cli("deploy", "addsub")
    answer = world.cli_json("predict", "addsub", "--data", json.dumps([{"a": [1, 2, 3, 4], "b": [4, 3, 2, 1]}]))
    assert answer["predictions"] == [{"sum": [5, 5, 5, 5], "diff": [-3, -1, 1, 3]}]


# Status and doctor


def test_status_is_one_screen(world):
    text = world.cli("status").stdout
    assert text.startswith("Slipway ") and world.url in text.splitlines()[0]
    assert "ONNX Runtime 1." in text
    assert re.search(r"space default: \d+ models, \d+ endpoints?", text)
    assert re.search(r"^iris +iris:1 +ready +\d+ +\d+ ", text, re.M)
    report = world.cli_json("status")
    assert set(report) == {"server", "spaces", "deployments", "alerts", "blobBytes", "freeBytes"}


def test_doctor_finds_everything_well(world):
    text = world.cli("doctor").stdout
    assert "PROBLEM" not in text and "endpoints: " in text
    report = world.cli_json("doctor", "--verify")
    assert report["healthy"] is True
    assert "intact" in next(f["finding"] for f in report["findings"] if f["subject"] == "stored files")


def test_doctor_finds_a_damaged_file(new_server, models):
    server = new_server()
    server.deploy(models / "addsub.onnx", "addsub")
    damaged = damage(server)
    result = server.cli("doctor", "--verify", check=False)
    assert result.returncode == 1
    assert "PROBLEM" in result.stdout and damaged[:12] in result.stdout and "addsub:1" in result.stdout
    assert "1 problem found" in result.stderr
    report = json.loads(server.cli("doctor", "--verify", "--output", "json", check=False).stdout)
    assert report["healthy"] is False


def damage(server):
    """Flips one byte of the only blob; returns its SHA-256."""
    (blob,) = [path for path in server.data.rglob("*") if re.fullmatch(r"[0-9a-f]{60,64}", path.name)
               and path.is_file() and "blobs" in str(path)]
    blob.chmod(0o600)
    with blob.open("r+b") as file:
        file.seek(blob.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    return blob.name


# Exit codes


@pytest.mark.parametrize("arguments,word", [
    (["model", "show", "nobody"], "nobody"), (["model", "show", "iris:9"], "version 9"), (["deploy", "nobody"], "nobody"),
    (["deploy", "iris:9"], "9"), (["deploy", "addsub", "--as", "iris"], "iris"),
    (["deployment", "show", "irsi"], "did you mean iris"), (["deployment", "delete", "nobody"], "nobody"),
    (["deployment", "history", "nobody"], "nobody"), (["predict", "nobody", "--data", "[[1]]"], "nobody"),
    (["model", "push", "/nowhere.onnx", "--name", "x"], "/nowhere.onnx"), (["model", "list", "--space", "nowhere"], "nowhere"),
    (["predict", "iris", "--file", "/nowhere.csv"], "/nowhere.csv"), (["status", "--space", "nowhere"], "nowhere"),
])
def test_refused_or_failed_is_1(world, arguments, word):
    result = world.cli(*arguments, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ") and word in result.stderr, result.stderr


def test_errors_go_to_stderr_in_json_mode_too(world):
    result = world.cli("model", "show", "nobody", "--output", "json", check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert "nobody" in result.stderr


@pytest.mark.parametrize("arguments", [
    ["frobnicate"], ["model"], ["model", "push"], ["model", "push", "x.onnx"], ["model", "push", "x.onnx", "--name", "../x"],
    ["deploy", "iris:0"], ["deploy", "iris:x"], ["predict", "iris"], ["predict", "iris", "--file", "a", "--data", "b"],
    ["status", "--output", "xml"], ["status", "--server", "nonsense"], ["deploy", "iris", "--threads", "0"],
    ["model", "push", "x.onnx", "--name", "x", "--metric", "accuracy"],
    ["model", "push", "x.onnx", "--name", "x", "--metric", "accuracy=good"],
])
def test_wrong_usage_is_64(arguments):
    result = run(*arguments)
    if arguments == ["model"]:
        assert result.returncode in (0, 64)
        return
    assert result.returncode == 64, result
    assert result.stderr and result.stdout == ""


@pytest.mark.parametrize("arguments", [
    ["status"], ["model", "list"], ["deploy", "iris"], ["deployment", "list"], ["predict", "iris", "--data", "[[1]]"],
])
def test_an_unreachable_server_is_69(arguments):
    url = f"http://127.0.0.1:{free_port()}"
    result = run(*arguments, "--server", url)
    assert (result.returncode, result.stdout) == (69, "")
    assert url in result.stderr and "slipway serve" in result.stderr
    assert run(*arguments, env={"SLIPWAY_SERVER": url}).returncode == 69


@pytest.mark.parametrize("arguments,word", [
    (["--host", "0.0.0.0"], "--insecure"), (["--port", "70000"], "65535"), (["--config", "/nowhere.yaml"], "/nowhere.yaml"),
    (["--log-level", "loud"], "log_level"), (["--tls-cert", "/nowhere.pem"], "--tls-key"),
])
def test_a_configuration_that_cannot_work_is_78(tmp_path, arguments, word):
    result = run("serve", "--data-dir", tmp_path / "data", *arguments)
    assert result.returncode == 78, result
    assert word in result.stderr


def test_a_port_in_use_and_a_folder_in_use_are_78(world, tmp_path):
    result = run("serve", "--data-dir", tmp_path / "data", "--port", world.port)
    assert result.returncode == 78 and str(world.port) in result.stderr, result
    result = run("serve", "--data-dir", world.data, "--port", free_port())
    assert result.returncode == 78 and str(world.data) in result.stderr, result
    assert world.json("GET", "/v2/health/ready")[0] == 200


def test_help_and_version():
    for arguments in [["--help"], ["model", "push", "--help"], ["predict", "--help"], ["version"], ["--version"]]:
        result = run(*arguments)
        assert result.returncode == 0 and result.stdout and result.stderr == ""


def test_settings_come_from_the_environment_and_flags_win(world):
    assert run("model", "list", "--output", "json", env={"SLIPWAY_SERVER": world.url}).returncode == 0
    assert run("model", "list", "--server", world.url, env={"SLIPWAY_SERVER": "http://127.0.0.1:9"}).returncode == 0
    result = run("model", "list", env={"SLIPWAY_SERVER": world.url, "SLIPWAY_SPACE": "nowhere"})
    assert result.returncode == 1 and "nowhere" in result.stderr
    environment_only = run("model", "list", "--space", "default",
                           env={"SLIPWAY_SERVER": world.url, "SLIPWAY_SPACE": "nowhere"})
    assert environment_only.returncode == 0


def test_an_empty_server_says_what_to_do_next(new_server):
    server = new_server()
    for arguments in [["model", "list"], ["deployment", "list"]]:
        result = server.cli(*arguments)
        assert result.stdout == "" and "next: slipway" in result.stderr
        assert server.cli_json(*arguments) == []
    assert "next: slipway" in server.cli("status").stdout
