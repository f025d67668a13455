"""Files that are no models, or that attack whoever loads or runs them: refused or contained, and others are answered."""

import hashlib
import json
import os
import re
import shutil
import threading
import time

import pytest

from slipway_server import SlipwayServer, resident_bytes, wait_until

# What the pushed file must be called in the refusal: a word of it, by the name of the model.
REASONS = {
    "external_dotdot": r"outside|\.\.",
    "external_inner_dotdot": r"outside|\.\.",
    "external_absolute": r"outside|absolute",
    "external_symlink": r"symbolic link",
    "external_symlink_folder": r"symbolic link",
    "external_hardlink": r"hard link",
    "external_missing": r"weights\.bin",
    "external_short": r"weights\.bin|cut short",
    "external_offset": r"offset",
    "huge_initializer": r"\w",
    "overflowing_initializer": r"\w",
    "negative_initializer": r"\w",
    "unknown_operator": r"Conjure|example\.magic",
    "future_opset": r"9999|opset",
    "missing_graph": r"no graph",
    "truncated": r"cut short|truncated|damaged",
    "text": r"text",
    "empty": r"empty",
    "random": r"not an ONNX",
    "deep_nesting": r"deep",
    "lying_length": r"cut short|damaged|announces|not an ONNX",
    "pickle": r"pickle",
    "endless_loop": r"\d+ s|time|limit",
    "zipmap": r"sequence|map|tensor",
}
# Attacks that live in the folder itself: a list of bytes has no links.
ONLY_IN_FOLDERS = {"external_symlink", "external_symlink_folder", "external_hardlink"}
SHORT = {"SLIPWAY_CHECK_LOAD_SECONDS": "10", "SLIPWAY_CHECK_TRIAL_SECONDS": "2"}


def by_expectation(*wanted):
    """Names of the models that a server is to treat so. The collection is made once, when the tests are collected."""
    import make_models
    import tensors  # noqa: F401  (sets the environment before ONNX Runtime loads)

    return [r.name for source in make_models.SOURCES for r in source.recipes() if r.expect in wanted]


@pytest.fixture(scope="module")
def live(tmp_path_factory, examples):
    """A server that gives up a trial run after two seconds."""
    folder = tmp_path_factory.mktemp("bad-models")
    server = SlipwayServer(folder / "data", log=folder / "server.log", env=SHORT)
    server.start()
    server.deploy(examples / "iris" / "model.onnx", "iris")
    yield server
    server.kill()


@pytest.fixture(scope="module")
def index(models):
    return json.loads((models / "models.json").read_text())


@pytest.fixture(autouse=True)
def unharmed(live):
    """After each test the same server process still answers, and no checker is left."""
    before = live.children()
    yield
    wait_until(lambda: live.children() == before, f"the end of all checkers ({before})")
    assert_answers(live)


def assert_answers(server):
    inputs = [{"name": "features", "datatype": "FP32", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}]
    status, answer = server.infer("iris", inputs)
    assert (status, answer["outputs"][0]["data"]) == (200, [0]), server.log_text()


class Others:
    """Somebody else's predictions, one after another, while a test does its worst. On leaving, all have been answered."""

    def __init__(self, server):
        self.server = server
        self.answered = 0
        self.failures = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stop.is_set():
            try:
                assert_answers(self.server)
                self.answered += 1
            except Exception as error:  # told by the main thread
                self.failures.append(error)
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        assert not self.failures, self.failures

    def wait_for(self, more):
        goal = self.answered + more
        wait_until(lambda: self.answered >= goal or self.failures, f"{more} more answers to others")


def files_of(path):
    """What of a folder travels when nobody looks at links."""
    paths = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return {(str(p.relative_to(path)) if path.is_dir() else p.name): p.read_bytes() for p in paths}


def push_raw(server, files, name):
    """What `slipway model push` does, without any of its looking."""
    base, entries = "/api/v1/spaces/default", []
    for path, content in files.items():
        digest = hashlib.sha256(content).hexdigest()
        status, value = server.json("PUT", f"{base}/blobs/{digest}", content)
        assert status in (200, 201), value
        entries.append({"path": path, "sha256": digest, "size": len(content)})
    return server.json(
        "POST", f"{base}/models/{name}/versions", {"files": entries}, {"Content-Type": "application/json"})


def push(server, path, name):
    status, value = push_raw(server, files_of(path), name)
    assert status in (200, 201), value


def deploy(server, name, **options):
    status, value = server.json(
        "PUT", f"/api/v1/spaces/default/deployments/{name}", {"model": name, "options": options},
        {"Content-Type": "application/json"})
    assert status == 200, value


def assert_no_version(server, name):
    assert server.json("GET", f"/api/v1/spaces/default/models/{name}")[0] == 404
    assert [p for p in (server.data / "tmp").iterdir()] == []
    # The layouts of refused models are gone; iris is the only one that serves.
    kept = {p.name for p in (server.data / "artifacts").iterdir()}
    live = {server.json("GET", f"/api/v1/spaces/default/models/{m}/versions/latest")[1]["digest"]
            for m in names(server)}  # fmt: skip
    assert kept <= live


def names(server):
    return [item["name"] for item in server.json("GET", "/api/v1/spaces/default/models")[1]["items"]]


# Refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", by_expectation("refused"))
def test_the_command_line_refuses_it_with_the_reason(live, models, index, name):
    result = live.cli("model", "push", models / index[name]["path"], "--name", f"bad-{name}", check=False)
    assert result.returncode == 1, result
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert re.search(REASONS[name], result.stderr), result.stderr
    assert_no_version(live, f"bad-{name}")


@pytest.mark.parametrize("name", [n for n in by_expectation("refused") if n not in ONLY_IN_FOLDERS])
def test_the_server_refuses_it_with_the_reason(live, models, index, name):
    status, answer = push_raw(live, files_of(models / index[name]["path"]), f"bad-{name}")
    assert status in (400, 422), answer
    assert answer["code"] in ("not_a_model", "check_failed"), answer
    assert re.search(REASONS[name], answer["error"] + " " + answer.get("hint", "")), answer
    # It is about the model, not about where the server keeps it.
    assert str(live.data) not in answer["error"], answer
    assert_no_version(live, f"bad-{name}")


@pytest.mark.parametrize("name", ["text", "empty", "random", "truncated", "deep_nesting"])
def test_a_push_in_one_call_is_refused_too(live, models, index, name):
    status, answer = live.json(
        "POST", f"/api/v1/spaces/default/models/bad-{name}/versions", (models / index[name]["path"]).read_bytes(),
        {"Content-Type": "application/octet-stream"})
    assert status in (400, 422), answer
    assert re.search(REASONS[name], answer["error"]), answer
    assert_no_version(live, f"bad-{name}")


def test_an_external_file_under_another_name_of_the_same_bytes_stays_outside(live, models):
    """With the secret's own bytes stored, a path out of the version still leads nowhere."""
    files = files_of(models / "external_dotdot")
    files["secret.bin"] = (models / "outside" / "secret.bin").read_bytes()
    for path in ["../outside/secret.bin", "/outside/secret.bin", "outside/../secret.bin"]:
        status, answer = push_raw(live, files | {path: files["secret.bin"]}, "bad-escape")
        assert (status, answer["code"]) == (400, "invalid"), answer
    assert_no_version(live, "bad-escape")


def test_a_pickle_is_refused_by_its_name_its_bytes_and_its_disguise_and_never_executed(live, models):
    marker = models / "the_pickle_was_executed"
    content = (models / "pickle.pkl").read_bytes()
    for file in ["pickle.pkl", "pickle.onnx"]:
        result = live.cli("model", "push", models / file, "--name", "bad-pickle", check=False)
        assert result.returncode == 1
        assert "pickle" in result.stderr
        assert "ONNX" in result.stderr
    for path in ["model.pkl", "model.pickle", "model.joblib", "model.onnx", "model.PKL", "model.pt"]:
        status, answer = push_raw(live, {path: content}, "bad-pickle")
        assert (status, answer["code"]) == (422, "not_a_model"), answer
        assert re.search("pickle|PyTorch", answer["error"]), answer
    status, answer = live.json(
        "POST", "/api/v1/spaces/default/models/bad-pickle/versions", content,
        {"Content-Type": "application/octet-stream"})
    assert (status, answer["code"]) == (422, "not_a_model"), answer
    # Beside a good model it is a file like any other, and still nobody opens it.
    files = files_of(models / "addsub.onnx") | {"extra.pkl": content}
    assert push_raw(live, files, "with-pickle")[0] in (201, 422)
    assert not marker.exists()
    assert_no_version(live, "bad-pickle")


def test_a_file_that_changed_on_its_way_is_refused_and_a_retry_works(live, models):
    content = (models / "dynamic_axes.onnx").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    path = f"/api/v1/spaces/default/blobs/{digest}"
    status, answer = live.json("PUT", path, content[:-1] + b"X")
    assert (status, answer["code"]) == (422, "digest_mismatch"), answer
    assert live.request("HEAD", path)[0] == 404
    assert live.json("PUT", path, content)[0] == 200
    assert live.request("HEAD", path)[0] == 200


def test_stored_bytes_that_rot_are_never_served_and_a_push_repairs_them(new_server, models):
    server = new_server()
    server.deploy(models / "addsub.onnx", "addsub")
    blob = next(p for p in (server.data / "blobs").rglob("*") if p.is_file())
    assert server.terminate() == 0
    content = blob.read_bytes()
    # The layout may be a second name of the same file, so the bytes are replaced, not written over.
    blob.unlink()
    blob.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    for layout in (server.data / "artifacts").iterdir():
        shutil.rmtree(layout)
    server.spawn()
    wait_until(lambda: answers(server), "an answer")
    status, answer = server.json("GET", "/api/v1/spaces/default/deployments/addsub")
    assert (status, answer["state"]) == (200, "failed"), answer
    assert "digest mismatch" in answer["message"]
    status, report = server.json("POST", "/api/v1/verify")
    assert [p["subject"] for p in report["problems"]] == [blob.name], report
    doctor = server.cli("doctor", "--verify", check=False)
    assert doctor.returncode == 1
    assert blob.name in doctor.stdout
    server.cli("model", "push", models / "addsub.onnx", "--name", "addsub")
    server.cli("deploy", "addsub")
    assert server.json("POST", "/api/v1/verify")[1]["problems"] == []
    assert server.json("GET", "/v2/models/addsub/ready")[0] == 200


def answers(server):
    try:
        return server.request("GET", "/v2/health/live", timeout=2)[0] == 200
    except OSError:
        return False


def test_a_version_that_cannot_be_loaded_leaves_the_old_one_serving(live, models):
    """The second version's stored bytes are gone when it is to be deployed."""
    push(live, models / "identity_fp32.onnx", "steady")
    deploy(live, "steady")
    push(live, models / "identity_fp64.onnx", "steady")
    second = live.json("GET", "/api/v1/spaces/default/models/steady/versions/2")[1]
    digest = second["files"][0]["sha256"]
    blob = live.data / "blobs" / "sha256" / digest[:2] / digest
    away = live.data.parent / "away"
    blob.rename(away)
    shutil.rmtree(live.data / "artifacts" / second["digest"], ignore_errors=True)
    with Others(live):
        result = live.cli("deploy", "steady:2", check=False)
        assert result.returncode == 1
        assert re.search("missing|digest mismatch", result.stderr), result.stderr
        tensor = {"name": "input", "datatype": "FP32", "shape": [1, 1], "data": [5]}
        assert live.infer("steady", [tensor])[1]["model_version"] == "1"
    away.rename(blob)
    live.cli("deploy", "steady:2")
    assert live.infer("steady", [tensor | {"datatype": "FP64"}])[1]["model_version"] == "2"


# Contained -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loop(live, models):
    push(live, models / "loop_by_input.onnx", "loop_by_input")
    deploy(live, "loop_by_input", deadlineMilliseconds=400)
    return live


def loop_inputs(rounds):
    return [
        {"name": "count", "datatype": "INT64", "shape": [], "data": [rounds]},
        {"name": "x", "datatype": "FP32", "shape": [4], "data": [0, 1, 2, 3]},
    ]


def test_a_loop_that_a_request_makes_endless_meets_its_deadline_while_others_are_answered(loop):
    with Others(loop) as others:
        for rounds in [2**40, 2**63 - 1]:
            status, answer = loop.infer("loop_by_input", loop_inputs(rounds))
            assert status == 504, answer
            assert "400 ms" in answer["error"]
        others.wait_for(20)
    assert loop.infer("loop_by_input", loop_inputs(3))[1]["outputs"][0]["data"] == [3, 4, 5, 6]


def test_more_endless_requests_than_threads_hold_up_nobody_else(loop):
    """Forty at once to a model that may run on two threads: its own line fills, other models never notice."""
    statuses = []

    def ask():
        statuses.append(loop.infer("loop_by_input", loop_inputs(2**40))[0])

    with Others(loop) as others:
        threads = [threading.Thread(target=ask) for _ in range(40)]
        for thread in threads:
            thread.start()
        others.wait_for(20)
        for thread in threads:
            thread.join()
    assert set(statuses) == {504}
    assert loop.infer("loop_by_input", loop_inputs(1))[0] == 200


def test_a_caller_who_hangs_up_ends_its_endless_run(loop, models):
    """Without a deadline worth the name, only the end of the connection stops the loop."""
    push(loop, models / "loop_by_input.onnx", "patient")
    deploy(loop, "patient", deadlineMilliseconds=600_000, intraOpThreads=2)
    child = loop.children()[0]
    body = json.dumps({"inputs": loop_inputs(2**40)}).encode()
    for _ in range(3):
        with loop.connect() as raw:
            raw.sendall(b"POST /v2/models/patient/infer HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body))
            raw.sendall(body)
            wait_until(lambda: is_busy(child), "a running loop")
        wait_until(lambda: not is_busy(child), "the end of the loop", timeout=20)
    assert loop.infer("patient", loop_inputs(1))[0] == 200


def is_busy(pid):
    """Whether the process uses a good part of a processor."""
    before = cpu_ticks(pid)
    time.sleep(0.1)
    return cpu_ticks(pid) - before >= 4


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.parametrize("supervisor", [[], ["--no-supervisor"]])
def test_sigterm_ends_a_server_with_endless_runs_after_its_drain_time(new_server, models, examples, supervisor):
    server = new_server("data", *supervisor, env=SHORT | {"SLIPWAY_DRAIN_SECONDS": "1"})
    server.deploy(examples / "iris" / "model.onnx", "iris")
    push(server, models / "loop_by_input.onnx", "loop_by_input")
    deploy(server, "loop_by_input", deadlineMilliseconds=600_000)
    body = json.dumps({"inputs": loop_inputs(2**62)}).encode()
    head = b"POST /v2/models/loop_by_input/infer HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body)
    callers = [server.connect(timeout=30) for _ in range(4)]
    for caller in callers:
        caller.sendall(head + body)
    with Others(server) as others:
        others.wait_for(5)
    assert server.terminate(timeout=20) == 0
    for caller in callers:
        caller.close()


@pytest.mark.parametrize("name", by_expectation("contained"))
def test_it_serves_its_cases_and_survives_its_attacks(live, models, index, name):
    status, answer = push_raw(live, files_of(models / index[name]["path"]), name)
    assert status in (200, 201, 400, 422), answer
    if status not in (200, 201):
        assert answer["code"] in ("not_a_model", "check_failed"), answer
        assert "cases" not in index[name] or not cases(models, index[name])["cases"], answer
        return
    deploy(live, name, deadlineMilliseconds=1000)
    material = cases(models, index[name])
    for case in material["cases"]:
        status, answer = live.infer(name, [plain(t) for t in case["inputs"]])
        assert status == 200, (case["title"], answer)
    child = live.children()[0]
    with Others(live) as others:
        for attack in material["attacks"]:
            status, answer = live.infer(name, [plain(t) for t in attack["inputs"]])
            assert status in (400, 413, 500, 504, 507), (attack["title"], answer)
            assert answer["error"]
            assert str(live.data) not in answer["error"], answer
        others.wait_for(5)
    assert resident_bytes(child) < 2 << 30
    for case in material["cases"]:
        assert live.infer(name, [plain(t) for t in case["inputs"]])[0] == 200


def test_an_answer_larger_than_a_buffer_is_refused(live, models):
    """A gigabyte of zeros, asked for as JSON: as text it could be more than 4 GiB."""
    push(live, models / "tensor_by_input.onnx", "zeros")
    deploy(live, "zeros")
    inputs = [{"name": "shape", "datatype": "INT64", "shape": [1], "data": [2**28]}]
    with Others(live) as others:
        status, answer = live.infer("zeros", inputs)
        assert status == 400, answer
        assert "3 GiB" in answer["error"]
        others.wait_for(5)
    child = live.children()[0]
    wait_until(lambda: resident_bytes(child) < 1 << 29, "the return of the memory")


def cases(models, facts):
    return json.loads((models / facts["cases"]).read_text())


def plain(tensor):
    return {key: tensor[key] for key in ["name", "datatype", "shape", "data"]}


def test_pushes_of_hostile_models_hold_up_nobody(live, models, index):
    """The longest trials there are, four at once, while others are answered and a good model is pushed."""
    results = []

    def bad(number):
        path = models / index["endless_loop"]["path"]
        # The same bytes would take turns.
        files = {"model.onnx": path.read_bytes(), "note.txt": str(number).encode()}
        results.append(push_raw(live, files, f"bad-endless-{number}")[0])

    with Others(live) as others:
        threads = [threading.Thread(target=bad, args=[n]) for n in range(4)]
        for thread in threads:
            thread.start()
        push(live, models / "scalar.onnx", "meanwhile")
        deploy(live, "meanwhile")
        others.wait_for(20)
        for thread in threads:
            thread.join()
    assert set(results) == {422}


def test_the_checker_is_killed_with_the_server(new_server, models, index):
    """No process of a check outlives the server that wanted it."""
    server = new_server("data", env={"SLIPWAY_CHECK_TRIAL_SECONDS": "60"})
    path = models / index["endless_loop"]["path"]
    pusher = threading.Thread(target=lambda: swallow(push_raw, server, {"model.onnx": path.read_bytes()}, "endless"))
    pusher.start()
    child = server.children()[0]
    wait_until(lambda: server.children(child), "a checker")
    checkers = server.children(child)
    os.kill(child, 9)
    wait_until(lambda: not any(alive(pid) for pid in checkers), "the end of the checkers")
    pusher.join()
    server.wait_ready()
    assert server.json("GET", "/api/v1/spaces/default/models/endless")[0] == 404


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return ") Z " not in stat.read()
    except (FileNotFoundError, ProcessLookupError):
        return False


def swallow(call, *arguments):
    try:
        call(*arguments)
    except Exception:
        pass  # the connection went with the server, which is what the test is about


def test_a_server_told_to_stop_does_not_wait_for_a_check(new_server, models, index):
    server = new_server("data", env={"SLIPWAY_CHECK_TRIAL_SECONDS": "60", "SLIPWAY_DRAIN_SECONDS": "1"})
    path = models / index["endless_loop"]["path"]
    pusher = threading.Thread(target=lambda: swallow(push_raw, server, {"model.onnx": path.read_bytes()}, "endless"))
    pusher.start()
    child = server.children()[0]
    wait_until(lambda: server.children(child), "a checker")
    checkers = server.children(child)
    assert server.terminate(timeout=20) == 0
    wait_until(lambda: not any(alive(pid) for pid in checkers), "the end of the checkers")
    pusher.join()
