"""Runs from Git: real repositories, real commands, gates and people, on a real server that is killed in every step."""

import http.client
import json
import os
import re
import shutil
import signal
import time

import pytest

from certificates import Authority
from git_over_https import GitOverHTTPS
from git_repository import GitRepository, audit
from slipway_server import SlipwayServer, wait_gone, wait_until
from test_crash import Tracer

ENDED = ("succeeded", "blocked", "failed", "cancelled", "superseded")

TEST_POLICY = """
promotesFrom: [dev]
gates:
  - name: unseen
    kind: holdout
    dataset: iris-holdout
    target: species
    metrics: [{metric: accuracy, min: 0.85}]
"""
PROD_POLICY = "promotesFrom: [test]\napprovals: {count: 1, fourEyes: false}\n"


@pytest.fixture
def repository(tmp_path):
    return GitRepository(tmp_path / "git" / "churn")


@pytest.fixture
def server(new_server, tmp_path):
    return git_server(new_server, tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server, and the folder that it clones from, for tests that do not mind each other's runs."""
    folder = tmp_path_factory.mktemp("shared")
    server = SlipwayServer(folder / "data", flags=["--allow-commands"], log=folder / "server.log",
                           env={"SLIPWAY_GIT_ALLOW": f"file://{folder}/git"})
    server.start()
    yield server, folder / "git"
    server.kill()


def git_server(new_server, tmp_path, *flags, env=None):
    allowed = {"SLIPWAY_GIT_ALLOW": f"file://{tmp_path}/git"}
    return new_server("data", "--allow-commands", *flags, env=allowed | (env or {}))


def add(server, repository, *flags, name="churn", **options):
    return server.cli("repository", "add", name, "--url", repository.url, *flags, **options)


def start(server, *flags, name="churn"):
    return server.cli_json("run", "start", *([name] if name else []), *flags)["run"]


def show(server, run, space="default"):
    status, info = server.json("GET", f"/api/v1/spaces/{space}/runs/{run}")
    assert status == 200, info
    return info


def wait_for(server, run, *states, space="default", timeout=120):
    deadline = time.monotonic() + timeout
    while True:
        info = show(server, run, space)
        if info["state"] in states:
            return info
        assert info["state"] not in ENDED and time.monotonic() < deadline, json.dumps(info, indent=1)
        time.sleep(0.05)


def waits_in(server, run, name, space="default"):
    """The run once it waits in this step."""
    deadline = time.monotonic() + 120
    while True:
        info = show(server, run, space)
        if any(step["name"] == name and step["state"] == "waiting" for step in info["steps"]):
            return info
        assert info["state"] not in ENDED and time.monotonic() < deadline, json.dumps(info, indent=1)
        time.sleep(0.05)


def ended(server, run, **options):
    return wait_for(server, run, *ENDED, **options)


def step(info, name):
    return next(step for step in info["steps"] if step["name"] == name)


def log(server, run, name):
    return server.cli("run", "show", run, "--log", name).stdout


def run_of(server, *flags, name="churn", **options):
    return ended(server, start(server, *flags, name=name), **options)


def named(text):
    """A name of a repository and a model out of a test's own words."""
    return re.sub(r"\W+", "-", text).strip("-")


def versions(server, model="churn", space="default"):
    status, page = server.json("GET", f"/api/v1/spaces/{space}/models/{model}/versions")
    return sorted(item["version"] for item in page["items"]) if status == 200 else []


def set_policy(server, folder, space, text):
    path = folder / f"{space}.yaml"
    path.write_text(text)
    server.cli("space", "set-policy", space, "--file", path)


# From commit to production


def test_a_commit_goes_to_production_a_bad_one_stops_at_the_gate_and_a_revert_rolls_back(
        server, repository, tmp_path):
    for space in ("dev", "test", "prod"):
        server.cli("space", "create", space)
    holdout = tmp_path / "holdout.csv"
    holdout.write_text(repository.trains())
    server.cli("dataset", "push", holdout, "--name", "iris-holdout", "--space", "test")
    set_policy(server, tmp_path, "test", TEST_POLICY)
    set_policy(server, tmp_path, "prod", PROD_POLICY)
    first = repository.commit("iris by four figures")
    add(server, repository, "--space", "dev", "--into", "test", "--into", "prod")
    space = {"space": "dev"}

    number = server.cli_json("run", "start", "churn", "--space", "dev", "--reason", "the first")["run"]
    info = waits_in(server, number, "promote:prod", **space)
    assert [(step["name"], step["state"]) for step in info["steps"]] == [
        ("clone", "succeeded"), ("validate", "succeeded"), ("build", "succeeded"), ("test", "succeeded"),
        ("data", "succeeded"), ("push", "succeeded"), ("promote:test", "succeeded"), ("promote:prod", "waiting"),
        ("deploy", "pending")], json.dumps(info, indent=1)
    assert (info["commit"], info["author"], info["subject"]) == (first, "Ada <ada@example.com>", "iris by four figures")
    assert "needs 1 more approval" in info["message"]
    for name, words in {"validate": "75 rows are valid", "build": "trained on 75 rows", "test": "fine"}.items():
        assert words in server.cli("run", "show", number, "--log", name, "--space", "dev").stdout
    # Provenance.
    status, version = server.json("GET", "/api/v1/spaces/dev/models/iris/versions/1")
    assert (version["gitCommit"], version["dataset"], version["gitRun"]) == (first, "iris-train:1", number)
    assert version["metrics"]["rows"] == 75 and version["metrics"]["trainAccuracy"] > 0.9
    assert version["tags"]["git.branch"] == "main" and version["tags"]["git.author"] == "Ada <ada@example.com>"
    assert version["tags"]["git.repository"] == repository.url and len(version["tags"]["dataset.sha256"]) == 64
    assert version["tags"]["run.url"] == f"{server.url}/api/v1/spaces/dev/runs/{number}"
    assert {file["path"] for file in version["files"]} == {"model.onnx", "reference.profile"}
    assert server.json("GET", version["tags"]["run.url"].removeprefix(server.url))[0] == 200
    # Approve, and it is live.
    promotion = step(info, "promote:prod")["evidence"]["promotion"]
    server.cli("promotion", "approve", promotion, "--space", "prod")
    info = ended(server, number, **space)
    assert info["state"] == "succeeded", json.dumps(info, indent=1)
    assert info["message"] == "iris:1 is live at 'iris' in prod, as revision 1"
    row = {"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}
    answer = server.json("POST", "/spaces/prod/v2/models/iris/infer", {"inputs": [row]})[1]
    assert next(output["data"] for output in answer["outputs"] if output["name"] == "label") == [0]
    why = server.cli("why", "iris", "--space", "prod").stdout
    assert f"run {number} of churn had pushed it: commit {first[:7]} (iris by four figures) by Ada" in why, why
    # A second commit is better known to be worse.
    repository.train_script("y = (y + 1) % 3")
    repository.commit("other labels")
    number = server.cli_json("run", "start", "churn", "--space", "dev")["run"]
    info = ended(server, number, **space)
    assert info["state"] == "blocked", json.dumps(info, indent=1)
    assert "accuracy" in info["message"] and "at least 0.85" in info["message"], info["message"]
    assert step(info, "promote:test")["state"] == "blocked" and step(info, "deploy")["state"] == "skipped"
    assert server.cli_json("deployment", "show", "iris", "--space", "prod")["version"] == 1
    why = server.cli("why", "iris", "--space", "prod").stdout
    assert f"run {number} of churn" in why and "was blocked" in why, why
    # A third is good and goes live; its revert is the first again.
    repository.train_script("x = x * numpy.float32(1.0); model = None; y = y.copy(); x[0] += 0.01")
    repository.commit("a better one")
    number = server.cli_json("run", "start", "churn", "--space", "dev")["run"]
    info = waits_in(server, number, "promote:prod", **space)
    server.cli("promotion", "approve", step(info, "promote:prod")["evidence"]["promotion"], "--space", "prod")
    info = ended(server, number, **space)
    assert (info["state"], info["version"]) == ("succeeded", 3), json.dumps(info, indent=1)
    wait_until(lambda: server.cli_json("deployment", "show", "iris", "--space", "prod")["version"] == 3, "iris:3", 30)
    repository.git("revert", "--no-edit", "HEAD", "HEAD~1")
    number = server.cli_json("run", "start", "churn", "--space", "dev")["run"]
    info = ended(server, number, **space)
    assert (info["state"], info["version"], info["isNewVersion"]) == ("succeeded", 1, False), json.dumps(info, indent=1)
    assert step(info, "deploy")["evidence"]["rolledBackTo"] == "1"
    history = server.cli_json("deployment", "history", "iris", "--space", "prod")
    assert (history[0]["action"], history[0]["version"], history[0]["equals"]) == ("rollback", 1, 1), history[0]
    assert "has the bytes of iris:1" in history[0]["reason"]
    assert versions(server, "iris", "dev") == [1, 2, 3]
    # Everything is on record.
    finished = audit(server, "run.finished")
    assert [event["detail"]["state"] for event in finished] == ["succeeded", "succeeded", "blocked", "succeeded"]
    steps = [event["detail"]["step"] for event in reversed(audit(server, "run.step")) if event["detail"]["run"] == "1"]
    assert list(dict.fromkeys(steps)) == [
        "clone", "validate", "build", "test", "data", "push", "promote:test", "promote:prod"]
    page = server.cli("run", "list", "--space", "dev").stdout
    assert re.search(rf"1 +churn +main +{first[:7]} +succeeded", page), page
    assert server.cli("audit", "verify").returncode == 0
    assert sorted(path.name for path in (server.data / "git-runs" / "1").iterdir()) == [
        "build.log", "clone.log", "test.log", "validate.log"]


def test_a_run_is_repeated_at_its_own_commit(server, repository):
    repository.model(1)
    repository.pipeline(model={"name": "churn", "file": "model.onnx"}, deploy={"space": "default"})
    first = repository.commit()
    add(server, repository)
    assert run_of(server)["state"] == "succeeded"
    repository.model(2)
    second = repository.commit()
    info = run_of(server)
    assert (info["commit"], info["version"], info["message"]) == (
        second, 2, "churn:2 is live at 'churn' in default, as revision 2")
    info = ended(server, start(server, "--repeat", 1, name=None))
    assert (info["state"], info["commit"], info["version"], info["repeats"]) == ("succeeded", first, 1, 1)
    assert "rolled back to revision 1, as revision 3" in info["message"]
    info = run_of(server, "--ref", second)
    assert (info["state"], info["commit"]) == ("succeeded", second)
    # Nothing changes a second time.
    info = run_of(server)
    assert info["message"] == "churn:2 is live at 'churn' in default already"
    assert [item["revision"] for item in server.cli_json("deployment", "history", "churn")] == [4, 3, 2, 1]


def test_branches_tags_and_what_is_none(shared):
    server, folder = shared
    repository = GitRepository(folder / "branches")
    repository.pipeline(validate=["echo $SLIPWAY_REF at $SLIPWAY_COMMIT"])
    first = repository.commit()
    repository.git("tag", "v1")
    repository.git("branch", "release/2")
    repository.commit()
    add(server, repository, "--branch", "release/2", name="branches")
    for flags, ref in [((), "release/2"), (("--ref", "v1"), "v1"), (("--ref", first), first)]:
        info = run_of(server, *flags, name="branches")
        assert (info["state"], info["commit"]) == ("succeeded", first), info
        assert f"{ref} at {first}" in log(server, info["run"], "validate")
    info = run_of(server, "--ref", "nowhere", name="branches")
    assert info["state"] == "failed" and "branch or tag 'nowhere' could not be fetched" in info["message"]
    for bad in ["--upload-pack=touch /tmp/x", "main:other", "a..b", "*", "../x", "-x"]:
        status, answer = server.json("POST", "/api/v1/spaces/default/runs", {"repository": "branches", "ref": bad})
        assert status in (400, 422) and answer["field"] == "ref", (bad, answer)


# What is refused


def test_only_allowed_repositories_are_added_and_run(new_server, repository, tmp_path):
    repository.pipeline(validate=["true"])
    repository.commit()
    server = new_server("none", "--allow-commands")
    refused = add(server, repository, check=False)
    assert refused.returncode == 1 and f"git_allow: file://{tmp_path}/git" in refused.stderr, refused.stderr
    server = git_server(new_server, tmp_path)
    shutil.copytree(repository.path, tmp_path / "git-other" / "churn")
    for url in [f"file://{tmp_path}/git-other/churn", f"file://{tmp_path}/git/../git-other/churn", "/etc", "ssh://a/b",
                f"file://{tmp_path}/git/%2e%2e/git-other", "ext::sh -c id", "https://user:pass@example.com/x",
                "file://host/x", "https://example.com/x?y", "-u", f"file://{tmp_path}/git/./churn", "http://a/b"]:
        status, answer = server.json("POST", "/api/v1/spaces/default/repositories", {"name": "bad", "url": url})
        assert status in (400, 403, 422) and answer["field"] == "url", (url, answer)
    assert server.cli_json("repository", "list") == []
    add(server, repository)
    taken = add(server, repository, check=False)
    assert taken.returncode == 1 and "taken" in taken.stderr
    server.terminate()
    # The list of now is what counts.
    server.env = {"SLIPWAY_GIT_ALLOW": "https://git.example/"}
    server.start()
    refused = server.cli("run", "start", "churn", check=False)
    assert refused.returncode == 1 and "git_allow" in refused.stderr
    server.terminate()
    server.env, server.flags = {"SLIPWAY_GIT_ALLOW": f"file://{tmp_path}/git"}, []
    server.start()
    refused = server.cli("run", "start", "churn", check=False)
    assert refused.returncode == 1 and "--allow-commands" in refused.stderr
    server.cli("repository", "remove", "churn")
    assert server.cli("repository", "show", "churn", check=False).returncode == 1


def test_a_repository_is_cloned_over_https_from_whom_an_authority_vouches_for(new_server, repository, tmp_path):
    repository.model(1)
    repository.pipeline(model={"name": "churn", "file": "model.onnx"})
    commit = repository.commit()
    authority = Authority(tmp_path)
    service = GitOverHTTPS(tmp_path / "git", *authority("service", "DNS:localhost"))
    other = GitOverHTTPS(tmp_path / "git", *authority("other", "DNS:git.example"))
    try:
        server = git_server(new_server, tmp_path, env={
            "SLIPWAY_GIT_ALLOW": f"{service.url}/churn,{other.url}", "GIT_SSL_CAINFO": str(authority.ca)})
        server.cli("repository", "add", "churn", "--url", f"{service.url}/churn/.git")
        info = run_of(server)
        assert (info["state"], info["commit"]) == ("succeeded", commit), json.dumps(info, indent=1)
        assert versions(server) == [1]
        tags = server.json("GET", "/api/v1/spaces/default/models/churn/versions/1")[1]["tags"]
        assert tags["git.repository"] == f"{service.url}/churn/.git"
        assert any(path.endswith("/git-upload-pack") for path in service.paths)
        # A branch and a commit by name.
        repository.git("checkout", "-q", "-b", "second")
        repository.model(2)
        second = repository.commit()
        for name in ("second", second):
            info = run_of(server, "--ref", name)
            assert (info["state"], info["commit"]) == ("succeeded", second), json.dumps(info, indent=1)
        # Whose certificate names another host is not talked to.
        server.cli("repository", "add", "other", "--url", f"{other.url}/churn/.git")
        info = run_of(server, name="other")
        assert info["state"] == "failed" and "could not be fetched" in info["message"], info
        assert "certificate" in info["message"] and other.paths == []
        # Nor does a redirect lead anywhere, not even to what is allowed.
        service.elsewhere = other.url
        info = run_of(server)
        assert info["state"] == "failed" and other.paths == [], info
        service.elsewhere = None
        # And without the authority nobody vouches for it.
        server.terminate()
        del server.env["GIT_SSL_CAINFO"]
        server.start()
        asked = len(service.paths)
        info = run_of(server)
        assert info["state"] == "failed" and len(service.paths) == asked, info
        assert versions(server) == [1, 2]
    finally:
        service.close()
        other.close()


@pytest.mark.parametrize("name, words", [
    ("no pipeline file", "no slipway.yaml"), ("no pipeline", "no member 'pipeline'"), ("misspelt", "did you mean"),
    ("bomb", "anchor or an alias"), ("link out", "leads out of it"), ("link to a folder above", "leads out of it"),
    ("submodule", "submodule"), ("pointer", "pointer of Git LFS"), ("traversal", "no path in the repository"),
    ("other space", "may not act there"), ("made link", "leads out of the repository"), ("missing", "no such file"),
    ("no model", "not an ONNX model"), ("rollout", "rollout"),
])
def test_a_repository_that_is_not_taken_says_why(shared, tmp_path, name, words):
    server, folder = shared
    own = named(name)
    repository = GitRepository(folder / own)
    model = {"name": own, "file": "model.onnx"}
    repository.write("model.onnx", "this is no model at all\n")
    repository.pipeline(model=model)
    secret = tmp_path / "secret"
    secret.write_text("a secret of the server's")
    if name == "no pipeline file":
        (repository.path / "slipway.yaml").unlink()
    if name == "no pipeline":
        repository.write("slipway.yaml", "spaces: []\n")
    if name == "misspelt":
        repository.pipeline(model=model, validat=["true"])
    if name == "bomb":
        repository.write("slipway.yaml", "a: &a [x, x]\nb: &b [*a, *a]\npipeline: {validate: *b}\n")
    if name == "link out":
        (repository.path / "data.csv").symlink_to("/etc/passwd")
    if name == "link to a folder above":
        (repository.path / "inner").symlink_to("../..")
    if name == "submodule":
        other = GitRepository(tmp_path / "other")
        other.commit()
        repository.git("submodule", "add", "-q", other.url, "other")
    if name == "pointer":
        repository.write("model.onnx", "version https://git-lfs.github.com/spec/v1\n"
                         f"oid sha256:{'a' * 64}\nsize 1234567\n")
    if name == "traversal":
        repository.pipeline(model=model | {"file": "../../../secret"})
    if name == "other space":
        repository.pipeline(model=model, deploy={"space": "prod"})
    if name == "made link":
        (repository.path / "model.onnx").unlink()
        repository.pipeline(model=model, build=[f"ln -s {secret} model.onnx"])
    if name == "missing":
        repository.pipeline(model=model | {"file": "out/model.onnx"})
    if name == "rollout":
        repository.pipeline(model=model, deploy={"space": "default", "rollout": {"strategy": "canary", "stepz": [1]}})
    repository.commit()
    add(server, repository, name=own)
    info = run_of(server, name=own)
    assert info["state"] == "failed" and words in info["message"], json.dumps(info, indent=1)
    assert versions(server, own) == []
    logs = (server.data / "git-runs" / str(info["run"])).glob("*.log")
    assert "a secret" not in "".join(path.read_text() for path in logs)


def test_other_spaces_are_for_those_who_may_deploy_there(new_server, repository, tmp_path):
    server = git_server(new_server, tmp_path, "--auth")
    owner = re.search(r"slw_[a-z0-9]{12}_[0-9a-f]{64}", server.log_text())[0]
    as_owner = {"SLIPWAY_TOKEN": owner}
    for space in ("dev", "prod"):
        server.cli("space", "create", space, env=as_owner)
    server.cli("member", "add", "dora", "--role", "developer", "--space", "dev", env=as_owner)
    key = server.cli_json("key", "create", "--principal", "dora", env=as_owner)["key"]
    as_dora = {"SLIPWAY_TOKEN": key}
    refused = add(server, repository, "--space", "dev", "--into", "prod", check=False, env=as_dora)
    assert refused.returncode == 1 and "prod" in refused.stderr, refused.stderr
    add(server, repository, "--space", "dev", env=as_dora)
    server.cli("member", "add", "vera", "--role", "viewer", "--space", "dev", env=as_owner)
    key = server.cli_json("key", "create", "--principal", "vera", env=as_owner)["key"]
    refused = server.cli("run", "start", "churn", "--space", "dev", check=False, env={"SLIPWAY_TOKEN": key})
    assert refused.returncode == 1 and "may not begin or end runs" in refused.stderr
    # What somebody begins is theirs.
    repository.model(1)
    repository.pipeline(model={"name": "churn", "file": "model.onnx"}, validate=["env"])
    repository.commit()
    run = server.cli_json("run", "start", "churn", "--space", "dev", "--follow", env=as_dora)
    assert (run["state"], run["requestedBy"]) == ("succeeded", "dora")
    shown = server.cli_json("model", "show", "churn:1", "--space", "dev", env=as_dora)
    assert shown["version"]["createdBy"] == "dora"
    # No key reaches a command.
    text = server.cli("run", "show", 1, "--log", "validate", "--space", "dev", env=as_dora).stdout
    assert "SLIPWAY_TOKEN" not in text and owner not in text and "SLIPWAY_SERVER" not in text


def test_a_command_sees_its_own_world(new_server, repository, tmp_path):
    server = git_server(new_server, tmp_path, env={"SECRET_OF_THE_SERVER": "s3cret", "HTTPS_PROXY": "http://u:p@x"})
    repository.pipeline(validate=["env; pwd; ls -A; git log --oneline | cat", "ls -ld $HOME $TMPDIR"])
    commit = repository.commit("see")
    add(server, repository)
    assert run_of(server)["state"] == "succeeded"
    text = log(server, 1, "validate")
    found = dict(line.split("=", 1) for line in text.splitlines() if re.match(r"\w+=", line))
    folder = server.data / "git-runs" / "1"
    assert (found["HOME"], found["TMPDIR"]) == (str(folder / "home"), str(folder / "tmp"))
    assert found["SLIPWAY_COMMIT"] == commit and found["ORT_DISABLE_TELEMETRY"] == "1"
    assert set(found) <= {"PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "CI",
                          "PYTHONUNBUFFERED", "ORT_DISABLE_TELEMETRY", "MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK",
                          "SLIPWAY_COMMIT", "SLIPWAY_REF", "SLIPWAY_REPOSITORY", "SLIPWAY_SPACE", "SLIPWAY_GIT_RUN",
                          "SLIPWAY_CHECKOUT", "PWD", "OLDPWD", "SHLVL", "_"}, sorted(found)
    assert "slipway.yaml" in text and f"{commit[:7]} see" in text


# Commands that do not behave


@pytest.mark.parametrize("command, limits, words", [
    ("exit 3", {}, "`exit 3` ended with exit code 3"),
    # One at a time: a faster one would take the processes of the tests beside it too.
    ("while :; do setsid sleep 300 & sleep 0.01; done", {"processes": 40}, "more than 40 processes"),
    ("i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero > $HOME/f$i; done", {"disk": "20MB"}, "on disk"),
    ("setsid sleep 300 & sleep 300", {"time": "1s"}, "the step has 1 s"),
    ("yes", {}, "to its log"),
])
def test_a_command_that_does_not_behave_is_stopped_with_all_it_started(shared, command, limits, words):
    server, folder = shared
    own = named(words)
    repository = GitRepository(folder / own)
    repository.pipeline(validate=["true", command, "echo never"], limits=limits)
    repository.commit()
    add(server, repository, name=own)
    info = run_of(server, name=own)
    assert info["state"] == "failed" and words in info["message"], info
    number = info["run"]
    assert "\nnever" not in log(server, number, "validate")
    mark = f"SLIPWAY_CHECKOUT={server.data}/git-runs/{number}/checkout".encode()
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                assert mark not in file.read().split(b"\0"), entry
        except (OSError, NotADirectoryError):
            continue
    assert not (server.data / "git-runs" / str(number) / "home").exists()


# Ended, paused, passed by


def held(folder, name):
    """A command that says it is there, and waits for its gate."""
    return f"touch {folder}/{name}.here; while [ ! -e {folder}/{name}.go ]; do sleep 0.05; done"


def test_a_run_is_cancelled_with_what_it_started_and_asked_for(server, repository, tmp_path):
    server.cli("space", "create", "prod")
    set_policy(server, tmp_path, "prod", "promotesFrom: [default]\napprovals: {count: 1}\n")
    repository.model(1)
    repository.pipeline(
        model={"name": "churn", "file": "model.onnx"}, validate=[f"echo $$ > {tmp_path}/pid; exec sleep 300"])
    repository.commit()
    add(server, repository, "--into", "prod")
    start(server)
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip(), "the command", 60)
    assert "run 1 is cancelled: local cancelled it: enough" in server.cli(
        "run", "cancel", 1, "--reason", "enough").stdout
    wait_gone(int((tmp_path / "pid").read_text()))
    info = show(server, 1)
    assert (step(info, "validate")["state"], step(info, "push")["state"]) == ("cancelled", "skipped")
    again = server.cli("run", "cancel", 1, check=False)
    assert again.returncode == 1 and "is over: cancelled" in again.stderr
    repository.pipeline(model={"name": "churn", "file": "model.onnx"}, promote=["prod"])
    repository.commit()
    start(server)
    info = wait_for(server, 2, "waiting")
    promotion = step(info, "promote:prod")["evidence"]["promotion"]
    server.cli("run", "cancel", 2)
    shown = server.cli_json("promotion", "show", promotion, "--space", "prod")
    assert (show(server, 2)["state"], shown["state"]) == ("cancelled", "withdrawn")


def test_one_run_of_a_repository_at_a_time_and_a_newer_one_takes_the_place_of_one_that_waits(
        server, repository, tmp_path):
    server.cli("space", "create", "prod")
    set_policy(server, tmp_path, "prod", "promotesFrom: [default]\napprovals: {count: 1, fourEyes: false}\n")
    repository.model(1)
    repository.pipeline(model={"name": "churn", "file": "model.onnx"}, validate=[held(tmp_path, "a")], promote=["prod"])
    repository.commit()
    add(server, repository, "--into", "prod")
    start(server)
    wait_until((tmp_path / "a.here").exists, "the first", 60)
    start(server)
    start(server)
    assert [show(server, run)["state"] for run in (1, 2, 3)] == ["running", "superseded", "queued"]
    wait_until(lambda: "waits for run 1" in show(server, 3)["message"], "the reason", 30)
    repository.model(2)
    repository.commit()
    (tmp_path / "a.go").touch()
    # The first waits for people; the third is newer.
    info = wait_for(server, 3, "waiting")
    first = show(server, 1)
    assert (first["state"], first["message"]) == ("superseded", "run 3 has taken its place")
    listed = server.cli_json("promotion", "list", "--space", "prod")
    assert {(item["version"], item["state"]) for item in listed} == {(1, "withdrawn"), (2, "awaitingApproval")}
    # A repeated run is of something older: it waits.
    server.cli("repository", "pause", "churn", "--reason", "audit")
    refused = server.cli("run", "start", "churn", check=False)
    assert refused.returncode == 1 and "was paused by local: audit" in refused.stderr
    server.cli("repository", "resume", "churn")
    start(server, "--repeat", 1, name=None)
    wait_until(lambda: "waits for run 3" in show(server, 4)["message"], "the reason", 30)
    server.cli("promotion", "approve", step(info, "promote:prod")["evidence"]["promotion"], "--space", "prod")
    assert ended(server, 3)["state"] == "succeeded"
    wait_for(server, 4, "waiting")
    refused = server.cli("repository", "remove", "churn", check=False)
    assert refused.returncode == 1 and "slipway run cancel 4" in refused.stderr


def test_a_frozen_space_blocks_a_run_and_lets_a_revert_through(server, repository, tmp_path):
    repository.model(1)
    repository.pipeline(model={"name": "churn", "file": "model.onnx"}, deploy={"space": "default"})
    repository.commit()
    add(server, repository)
    assert run_of(server)["state"] == "succeeded"
    repository.model(2)
    repository.commit()
    assert run_of(server)["version"] == 2
    set_policy(server, tmp_path, "default", "frozen: true\nfrozenReason: the feast\n")
    repository.model(3)
    repository.commit()
    info = run_of(server)
    assert info["state"] == "blocked" and "the feast" in info["message"], info
    repository.model(1)
    repository.commit("back")
    info = run_of(server)
    assert info["state"] == "succeeded" and "rolled back to revision 1" in info["message"], info


def test_a_rollout_that_people_approve_of_and_one_of_the_pipeline(server, repository, tmp_path):
    rollout = {"strategy": "blue-green", "watch": "1s"}
    repository.model(1)
    repository.pipeline(
        model={"name": "churn", "file": "model.onnx"}, deploy={"space": "default", "as": "live", "rollout": rollout})
    repository.commit()
    add(server, repository)
    assert run_of(server)["message"] == "churn:1 is live at 'live' in default, as revision 1"
    repository.model(2)
    repository.commit()
    info = run_of(server)
    assert info["state"] == "succeeded" and "by rollout" in info["message"], info
    set_policy(server, tmp_path, "default", "rolloutApprovals: {count: 1, fourEyes: false}\n")
    repository.model(3)
    repository.commit()
    start(server)
    wait_for(server, 3, "waiting")
    wait_until(lambda: "approv" in show(server, 3)["message"], "what it waits for", 60)
    server.cli("rollout", "approve", "live")
    assert ended(server, 3)["state"] == "succeeded"
    assert server.cli_json("deployment", "show", "live")["version"] == 3


# The server is killed


def slow_git(folder):
    """A `git` that waits for a gate before it fetches, where one is closed."""
    script = folder / "bin" / "git"
    script.parent.mkdir()
    script.write_text(
        f"#!/bin/sh\nif [ \"$1\" = fetch ] && [ -e {folder}/clone.closed ]; then {held(folder, 'clone')}; fi\n"
        f"exec {shutil.which('git')} \"$@\"\n")
    script.chmod(0o755)
    return f"{script.parent}:{os.environ['PATH']}"


def restart(server):
    server.kill()
    server.start()


def test_a_run_survives_the_servers_death_in_each_of_its_steps(new_server, repository, tmp_path):
    """Once each; then it ends as if nothing had been, with one version and one promotion."""
    server = git_server(new_server, tmp_path, env={"PATH": slow_git(tmp_path)})
    server.cli("space", "create", "prod")
    set_policy(server, tmp_path, "prod",
               "promotesFrom: [default]\ngates: [{name: ci, kind: external, timeoutSeconds: 600}]\n")
    add(server, repository, "--into", "prod")
    gates = ("clone", "validate", "build", "test")
    number = 0
    for kind in (*gates, "data", "push", "promote", "deploy"):
        number += 1
        for name in gates:
            (tmp_path / f"{name}.here").unlink(missing_ok=True)
            (tmp_path / f"{name}.go").unlink(missing_ok=True) if name == kind else (tmp_path / f"{name}.go").touch()
        (tmp_path / "clone.closed").touch()
        repository.model(number)
        # Large enough that reading it takes longer than to see that it has begun.
        repository.write("rows.csv", "a,b\n" + f"{number},1.5\n" * (1_000_000 if kind == "data" else 1))
        repository.pipeline(
            model={"name": "churn", "file": "model.onnx"}, data=[{"name": "rows", "file": "rows.csv"}],
            validate=[held(tmp_path, "validate")],
            build=[held(tmp_path, "build"), "mv model.onnx made.onnx && mv made.onnx model.onnx"],
            test=[held(tmp_path, "test")], promote=["prod"],
            deploy={"space": "prod", "rollout": {"strategy": "canary", "steps": [50], "hold": "1h"}})
        commit = repository.commit(f"killed in {kind}")
        assert start(server) == number
        if kind in gates:
            wait_until((tmp_path / f"{kind}.here").exists, kind, 60)
            restart(server)
            (tmp_path / f"{kind}.go").touch()
        elif kind in ("data", "push"):
            # As soon as it has begun: whether it is over by then, nobody knows.
            wait_until(lambda: any(item["name"] == kind and item["state"] != "pending"
                                   for item in show(server, number)["steps"]), kind, 60)
            restart(server)
        info = wait_for(server, number, "waiting")
        promotion = step(info, "promote:prod")["evidence"]["promotion"]
        if kind == "promote":
            restart(server)
        server.cli("promotion", "report", promotion, "--check", "ci", "--passed", "--space", "prod")
        if number > 1:
            wait_until(lambda: step(show(server, number), "deploy")["state"] == "waiting", "the canary", 60)
            if kind == "deploy":
                restart(server)
            assert step(show(server, number), "deploy")["evidence"]["rollout"] == str(number - 1)
            server.cli("rollout", "promote", "churn", "--space", "prod")
        info = ended(server, number)
        assert (info["state"], info["version"], info["commit"]) == ("succeeded", number, commit), json.dumps(info, indent=1)
        assert versions(server) == list(range(1, number + 1))
        assert len(server.cli_json("promotion", "list", "--space", "prod")) == number
        assert server.cli_json("deployment", "show", "churn", "--space", "prod")["version"] == number
    assert server.cli("audit", "verify").returncode == 0
    assert server.json("POST", "/api/v1/verify")[1]["problems"] == []


def test_a_run_is_never_half_done_wherever_the_server_is_killed(tmp_path):
    """While data is pushed, the model, while a promotion is asked for, and while a rollout replaces what serves: at system
    calls at even distances, at all of them with SLIPWAY_SOAK=1."""
    repository = GitRepository(tmp_path / "git" / "churn")
    path = tmp_path / "base"

    def server(data):
        return SlipwayServer(data, flags=["--allow-commands", "--no-supervisor"], log=tmp_path / f"{data.name}.log",
                             env={"SLIPWAY_GIT_ALLOW": f"file://{tmp_path}/git"}).start()

    base = server(path)
    base.cli("space", "create", "prod")
    set_policy(base, tmp_path, "prod", "promotesFrom: [default]\ngates: [{name: whole, kind: integrity}]\n")
    for number in (1, 2):
        repository.model(number)
        repository.write("rows.csv", f"a,b\n{number},2\n")
        repository.pipeline(
            model={"name": "churn", "file": "model.onnx", "dataSet": "rows"},
            data=[{"name": "rows", "file": "rows.csv"}], promote=["prod"],
            deploy={"space": "prod", "rollout": {"strategy": "blue-green", "watch": "1s"}})
        repository.commit(f"model {number}")
        if number == 1:
            add(base, repository, "--into", "prod")
            assert run_of(base)["state"] == "succeeded"
    base.kill()

    def crash(name, inject=None):
        """A run on a copy, perhaps with a kill: (server, tracer)."""
        shutil.copytree(path, tmp_path / name, symlinks=True)
        running = server(tmp_path / name)
        tracer = Tracer(running.process.pid, tmp_path / "calls.txt", inject=inject)
        try:
            run_of(running)
        except (OSError, http.client.HTTPException, AssertionError, json.JSONDecodeError):
            assert running.process.wait(20) == -signal.SIGKILL, running.log_text()
        tracer.stop()
        running.kill()
        return running, tracer

    counted = crash("counted")[1].most_by_thread()
    points = [(call, n) for call in ("fdatasync", "fsync", "rename", "pwrite64") for n in range(1, counted.get(call, 0) + 1)]
    stride = 1 if os.environ.get("SLIPWAY_SOAK") else max(1, len(points) // 9)
    met = set()
    for call, n in points[::stride]:
        again = crash(f"killed-{call}-{n}", inject=(call, n))[0]
        again.start()
        known = again.cli_json("run", "list")
        # Killed before the run was asked for: there is none, and nothing else of it either.
        info = ended(again, 2) if len(known) == 2 else run_of(again)
        context = f"killed at {call} number {n}: {json.dumps(info, indent=1)}"
        if info["state"] == "failed" and "Killed" in info["message"]:
            # The kill met git, which makes such calls too.
            assert versions(again) == [1] and again.cli_json("rollout", "list", "churn", "--space", "prod") == [], context
            again.kill()
            continue
        assert (info["state"], info.get("version")) == ("succeeded", 2), context
        assert versions(again) == [1, 2], context
        assert [item["version"] for item in again.cli_json("dataset", "list")] == [2], context
        assert len(again.cli_json("promotion", "list", "--space", "prod")) == 2, context
        assert len(again.cli_json("rollout", "list", "churn", "--space", "prod")) == 1, context
        history = again.cli_json("deployment", "history", "churn", "--space", "prod")
        assert [(item["version"], item.get("rollout")) for item in history] == [(2, 1), (1, None)], context
        assert again.cli("audit", "verify").returncode == 0
        assert again.json("POST", "/api/v1/verify")[1]["problems"] == []
        met |= {step for event in audit(again, "run.interrupted")
                for step in re.findall(r"in its step ([a-z]+)", event["detail"].get("message", ""))}
        again.kill()
    print("killed in", sorted(met), "at", len(points[::stride]), "of", len(points), "points")
    assert met and (stride > 1 or met >= {"data", "push", "promote", "deploy"}), met


def test_a_run_that_the_server_does_not_survive_is_given_up(server, repository, tmp_path):
    repository.model(1)
    repository.pipeline(model={"name": "churn", "file": "model.onnx"}, build=[held(tmp_path, "a")])
    repository.commit()
    add(server, repository)
    start(server)
    for _ in range(3):
        wait_until((tmp_path / "a.here").exists, "the command", 60)
        (tmp_path / "a.here").unlink()
        restart(server)
    info = ended(server, 1)
    assert info["state"] == "failed" and "the server ended 3 times while it ran" in info["message"], info
    assert versions(server) == [] and step(info, "push")["state"] == "skipped"


def test_a_server_that_is_stopped_takes_its_runs_up_again(server, repository, tmp_path):
    repository.model(1)
    repository.pipeline(model={"name": "churn", "file": "model.onnx"}, build=[held(tmp_path, "a")])
    repository.commit()
    add(server, repository)
    start(server)
    wait_until((tmp_path / "a.here").exists, "the command", 60)
    assert server.terminate() == 0
    (tmp_path / "a.go").touch()
    server.start()
    assert ended(server, 1)["state"] == "succeeded"
    assert versions(server) == [1]


def test_processes_whose_guard_died_with_the_server_are_found_at_the_next_start(server, repository, tmp_path):
    repository.pipeline(validate=[f"echo $$ > {tmp_path}/pid; [ -e {tmp_path}/go ] || exec sleep 300"])
    repository.commit()
    add(server, repository)
    start(server)
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip(), "the command", 60)
    command = int((tmp_path / "pid").read_text())
    with open(f"/proc/{command}/status") as file:
        guard = int(re.search(r"PPid:\s+(\d+)", file.read())[1])
    os.kill(guard, signal.SIGSTOP)
    below = server.children()
    server.process.kill()
    os.kill(below[0], signal.SIGKILL)
    server.process.wait(10)
    wait_gone(below[0])
    os.kill(guard, signal.SIGKILL)
    wait_gone(guard)
    os.kill(command, 0)
    (tmp_path / "go").touch()
    server.start()
    wait_gone(command, timeout=30)
    assert ended(server, 1)["state"] == "succeeded"
