"""`slipway ci init`: what it writes is run for real, in a shell and step by step as a CI would, against a real server."""

import hashlib
import re
import shutil
import stat
import subprocess

import pytest
import yaml

from tumours_repository import EXAMPLE, GitRepository, make_spaces
from slipway_server import BINARY, environment, free_port, wait_until

WORKFLOW = ".github/workflows/slipway.yml"
SCRIPT = "slipway-ci.sh"


POLICY = "".join(
    line for line in (EXAMPLE / "prod.yaml").read_text().splitlines(True) if not line.startswith("approvals"))


def init(folder, system, *flags):
    return subprocess.run(
        [str(BINARY), "ci", "init", system, "--dir", str(folder), *flags], capture_output=True, text=True, timeout=60,
        env=environment())


@pytest.fixture
def repository(tmp_path):
    return GitRepository(tmp_path / "git")


@pytest.fixture
def spaces(new_server, tmp_path):
    """A server whose prod asks for no approval: nobody is there to give one."""
    policy = tmp_path / "prod.yaml"
    policy.write_text(POLICY)
    server = new_server()
    make_spaces(server, policy)
    return server


def steps_of(workflow):
    """The `run` steps of a workflow, as GitHub would give them to bash: expressions put in, one shell each."""
    job = workflow["jobs"]["slipway"]
    return job["env"], [step for step in job["steps"] if "run" in step]


def run_workflow(repository, server, commit):
    """What GitHub's runner does with the `run` steps: (name, exit code, printed) of each until one fails."""
    workflow = yaml.safe_load((repository.work / WORKFLOW).read_text())
    declared, steps = steps_of(workflow)
    expressions = {"secrets.SLIPWAY_SERVER": server.url, "secrets.SLIPWAY_TOKEN": "", "vars.SLIPWAY_DOWNLOAD": ""}
    variables = {
        name: re.sub(r"\$\{\{ (\S+) \}\}", lambda match: expressions[match[1]], value)
        for name, value in declared.items()}
    files = {name: repository.folder / name for name in ("GITHUB_ENV", "GITHUB_PATH")}
    for file in files.values():
        file.write_text("")
    variables |= {name: str(file) for name, file in files.items()}
    variables |= {
        "GITHUB_SHA": commit, "GITHUB_REF_NAME": "main", "GITHUB_SERVER_URL": "https://git.example",
        "GITHUB_REPOSITORY": "dana/tumours", "GITHUB_RUN_ID": "77"}
    results = []
    for step in steps:
        handed_over = dict(line.split("=", 1) for line in files["GITHUB_ENV"].read_text().splitlines())
        script = repository.folder / "step.sh"
        script.write_text(step["run"])
        result = repository.run(
            "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script, check=False,
            env=variables | handed_over)
        results.append((step["name"], result.returncode, result.stdout + result.stderr))
        if result.returncode != 0:
            break
    return results


def predict(server):
    result = server.cli("predict", "tumours", "--file", EXAMPLE / "unseen.csv", "--space", "prod")
    return result.stdout.splitlines()


def version_of(server, reference):
    return server.cli_json("model", "show", reference, "--space", "dev")["version"]


def test_the_script_takes_a_commit_to_production_and_a_second_run_finds_it_there(repository, spaces):
    shutil.rmtree(repository.work / "out", ignore_errors=True)
    result = init(repository.work, "generic")
    assert result.returncode == 0, result.stderr
    assert "SLIPWAY_TOKEN" in result.stdout and "member add ci" in result.stdout
    script = repository.work / SCRIPT
    assert script.stat().st_mode & stat.S_IXUSR
    repository.run("bash", "-n", SCRIPT)
    commit = repository.commit("the first model")
    settings = {"SLIPWAY_SERVER": spaces.url, "CI_JOB_URL": "https://ci.example/jobs/7", "CI_COMMIT_BRANCH": "main"}
    first = repository.run(f"./{SCRIPT}", env=settings)
    assert "pushed tumours:1" in first.stdout
    assert len(predict(spaces)) == 172
    version = version_of(spaces, "tumours:1")
    assert version["gitCommit"] == commit
    assert version["dataset"] == "tumours-train:1"
    digest = hashlib.sha256((repository.work / "data/train.csv").read_bytes()).hexdigest()
    assert version["tags"] == {
        "git.branch": "main", "git.author": "Dana <dana@example.org>", "run.url": "https://ci.example/jobs/7",
        "dataset.sha256": digest}
    assert version["metrics"]["accuracy"] > 0.9
    # As when a job is started once more.
    again = repository.run(f"./{SCRIPT}", env=settings)
    assert "pushed tumours:1" in again.stdout
    assert len(spaces.cli_json("promotion", "list", "--space", "test")) == 2
    assert spaces.cli_json("deployment", "show", "tumours", "--space", "prod")["revision"] == 1


def test_the_script_stops_at_the_gate_and_at_bad_data(repository, spaces):
    assert init(repository.work, "generic").returncode == 0
    repository.train_with(0.000001)
    repository.commit("a model that learns nothing")
    settings = {"SLIPWAY_SERVER": spaces.url}
    result = repository.run(f"./{SCRIPT}", env=settings, check=False)
    assert result.returncode == 1
    assert "recall" in result.stdout + result.stderr and "== 4" not in result.stdout
    assert spaces.cli_json("deployment", "list", "--space", "prod") == []
    repository.replace("data/train.csv", "^17.99,", "-17.99,")
    repository.run("sed", "-i", "2s/^/-/", "data/train.csv")
    repository.commit("a negative radius")
    result = repository.run(f"./{SCRIPT}", env=settings, check=False)
    assert result.returncode == 1
    assert "radius" in result.stderr and "== 2" not in result.stdout
    assert len(spaces.cli_json("model", "list", "--space", "dev")) == 1


def test_the_script_takes_the_rollout_of_the_pipeline_and_goes_back_with_a_revert(repository, spaces):
    (repository.work / "slipway.yaml").write_text(
        (repository.work / "slipway.yaml").read_text().replace(
            "{space: prod, as: tumours}", "{space: prod, as: tumours, rollout: {strategy: blue-green, watch: 1s}}"))
    assert init(repository.work, "generic").returncode == 0
    settings = {"SLIPWAY_SERVER": spaces.url}
    repository.commit("the first model")
    first = repository.run(f"./{SCRIPT}", env=settings)
    assert "tumours:1 answers at endpoint tumours (revision 1)" in first.stdout
    # With other options than the defaults: a rollout leaves them as they are.
    spaces.cli("deploy", "tumours:1", "--space", "prod", "--queue-limit", 77)
    repository.train_with(0.5)
    repository.commit("a freer model")
    second = repository.run(f"./{SCRIPT}", env=settings)
    assert "blue-green from tumours:1 to tumours:2  promoted" in second.stdout
    live = spaces.cli_json("deployment", "show", "tumours", "--space", "prod")
    assert (live["version"], live["options"]["queueLimit"]) == (2, 77)
    again = repository.run(f"./{SCRIPT}", env=settings)
    assert "nothing changed" in again.stdout
    # What does not answer is not live.
    assert spaces.request("POST", "/spaces/prod/v2/repository/models/tumours/unload", b"{}")[0] == 200
    repository.run(f"./{SCRIPT}", env=settings)
    live = spaces.cli_json("deployment", "show", "tumours", "--space", "prod")
    assert (live["version"], live["state"], live["options"]["queueLimit"]) == (2, "ready", 77)
    repository.git("revert", "--no-edit", "HEAD")
    third = repository.run(f"./{SCRIPT}", env=settings)
    assert "tumours:1 answers at endpoint tumours again" in third.stdout
    history = spaces.cli_json("deployment", "history", "tumours", "--space", "prod")
    assert [(item["action"], item["version"]) for item in history][:2] == [("rollback", 1), ("deploy", 2)]
    # One led to the second version, none back; the change of options was watched too.
    assert [rollout["state"] for rollout in spaces.cli_json("rollout", "list", "tumours", "--space", "prod")
            if (rollout["fromVersion"], rollout["variants"][-1]["version"]) == (1, 2)] == ["promoted"]


def test_the_script_waits_for_who_has_to_approve_of_a_rollout(repository, spaces):
    assert init(repository.work, "generic").returncode == 0
    settings = {"SLIPWAY_SERVER": spaces.url, "SLIPWAY_WAIT": "1s"}
    spaces.cli("space", "set-policy", "prod", "--file", "-",
               input=POLICY + "rolloutApprovals: {count: 1, fourEyes: false}\n")
    repository.commit("the first model")
    repository.run(f"./{SCRIPT}", env=settings)
    repository.train_with(0.5)
    repository.commit("a freer model")
    waiting = repository.run(f"./{SCRIPT}", env=settings, check=False)
    assert waiting.returncode == 1
    assert "slipway rollout approve tumours --space prod" in waiting.stderr + waiting.stdout
    assert spaces.cli_json("deployment", "show", "tumours", "--space", "prod")["version"] == 1
    spaces.cli("rollout", "approve", "tumours", "--space", "prod")
    # Once more, as one does when the approval is there: the same rollout.
    repository.run(f"./{SCRIPT}", env=settings | {"SLIPWAY_WAIT": "2m"})
    assert spaces.cli_json("deployment", "show", "tumours", "--space", "prod")["version"] == 2
    assert len(spaces.cli_json("rollout", "list", "tumours", "--space", "prod")) == 1
    # A third that nobody wants.
    repository.train_with(0.7)
    repository.commit("freer still")
    assert repository.run(f"./{SCRIPT}", env=settings, check=False).returncode == 1
    # It is taken back before anybody has decided: nobody can let it through by mistake any more.
    repository.git("revert", "--no-edit", "HEAD")
    assert "nothing changed" in repository.run(f"./{SCRIPT}", env=settings).stdout
    assert spaces.cli_json("deployment", "show", "tumours", "--space", "prod")["version"] == 2
    assert [item["state"] for item in spaces.cli_json("rollout", "list", "tumours", "--space", "prod")] == [
        "aborted", "promoted"]
    # One that is rejected ends the job that waits for it.
    repository.train_with(0.9)
    repository.commit("freer than that")
    job = repository.start(f"./{SCRIPT}", env=settings | {"SLIPWAY_WAIT": "2m"})
    wait_until(lambda: spaces.cli_json("rollout", "list", "tumours", "--open", "--space", "prod"), "the rollout", 60)
    wait_until(lambda: spaces.cli("rollout", "reject", "tumours", "--reason", "too free", "--space", "prod",
                                  check=False).returncode == 0, "the rejection", 60)
    assert job.wait(60) == 1
    assert spaces.cli_json("deployment", "show", "tumours", "--space", "prod")["version"] == 2


def test_the_workflow_has_the_rollout_as_a_document_whatever_is_in_it(repository, spaces):
    rollout = {"strategy": "blue-green", "watch": "1s", "reason": "ROLLOUT\n$(touch hacked) ${{ secrets.SLIPWAY_TOKEN }} 'it'"}
    document = yaml.safe_load((repository.work / "slipway.yaml").read_text())
    document["pipeline"]["deploy"]["rollout"] = rollout
    (repository.work / "slipway.yaml").write_text(yaml.safe_dump(document))
    assert init(repository.work, "github").returncode == 0
    assert "${{ secrets.SLIPWAY_TOKEN }} 'it'" not in (repository.work / WORKFLOW).read_text()
    for number, freedom in ((1, 0.1), (2, 0.5)):
        repository.train_with(freedom)
        results = run_workflow(repository, spaces, repository.commit(f"model {number}"))
        assert [code for _, code, _ in results] == [0] * 5, results[-1]
    (made,) = spaces.cli_json("rollout", "list", "tumours", "--space", "prod")
    assert (made["state"], made["reason"]) == ("promoted", rollout["reason"])
    assert not (repository.work / "hacked").exists()


@pytest.mark.parametrize("arguments, document, complaint", [
    (("--rollout", "auto", "--queue-limit", "5"), None, "leaves an endpoint's options as they are"),
    (("--wait", "1m"), None, "--wait means something only with --rollout"),
    (("--rollout", "-"), "to: m:2", "names a version"),
    (("--rollout", "-"), "[canary]", "'rollout' must be a mapping"),
    (("--rollout", "-"), "a: &a 1\nb: *a", "anchor"),
    (("--rollout", "nothing.yaml"), None, "nothing.yaml: no such file"),
])
def test_a_rollout_that_a_deploy_cannot_take_is_refused_before_anything_is_asked(arguments, document, complaint):
    result = subprocess.run(
        [str(BINARY), "deploy", "m:1", *arguments], capture_output=True, text=True, timeout=60, input=document or "",
        env=environment(SLIPWAY_SERVER=f"http://127.0.0.1:{free_port()}"))
    assert result.returncode in (1, 64) and complaint in result.stderr, result.stderr


def test_the_script_says_which_variable_is_missing(repository):
    assert init(repository.work, "generic").returncode == 0
    repository.commit()
    result = repository.run(f"./{SCRIPT}", check=False)
    assert result.returncode != 0
    assert "SLIPWAY_SERVER: set the address of the server" in result.stderr


def test_the_workflow_takes_a_commit_to_production(repository, spaces):
    result = init(repository.work, "github")
    assert result.returncode == 0, result.stderr
    workflow = yaml.safe_load((repository.work / WORKFLOW).read_text())
    # YAML 1.1 takes the word on for true.
    assert workflow[True]["push"]["branches"] == ["main"]
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["slipway"]["steps"][0] == {"uses": "actions/checkout@v4", "with": {"lfs": True}}
    # What comes from outside never becomes a part of a script.
    assert not any("${{" in step["run"] for step in steps_of(workflow)[1])
    commit = repository.commit("the first model")
    results = run_workflow(repository, spaces, commit)
    assert [(name, code) for name, code, _ in results] == [
        ("Prepare", 0), ("1. Validate the data", 0), ("2. Train, test and push", 0), ("3. Promote", 0),
        ("4. Deploy", 0)], results[-1]
    assert len(predict(spaces)) == 172
    version = version_of(spaces, "tumours:1")
    assert version["gitCommit"] == commit
    assert version["tags"]["run.url"] == "https://git.example/dana/tumours/actions/runs/77"


def test_nothing_is_written_over_without_force(tmp_path):
    folder = tmp_path / "repository"
    shutil.copytree(EXAMPLE / "repository", folder)
    (folder / SCRIPT).write_text("mine\n")
    before = (folder / "slipway.yaml").read_text()
    result = init(folder, "generic")
    assert result.returncode == 1
    assert "slipway-ci.sh is there already" in result.stderr and "--force" in result.stderr
    assert (folder / SCRIPT).read_text() == "mine\n"
    assert init(folder, "generic", "--force").returncode == 0
    assert "slipway model push" in (folder / SCRIPT).read_text()
    assert (folder / "slipway.yaml").read_text() == before


def test_a_starter_is_written_where_there_is_no_declaration(tmp_path):
    folder = tmp_path / "My models!"
    folder.mkdir()
    result = init(folder, "github")
    assert result.returncode == 0, result.stderr
    starter = yaml.safe_load((folder / "slipway.yaml").read_text())
    assert starter["pipeline"]["model"]["name"] == "My-models-"
    text = (folder / WORKFLOW).read_text()
    assert "python3 train.py" in text and "--name My-models-" in text
    # The starter, read again, gives the same file.
    assert init(folder, "github", "--force").returncode == 0
    assert (folder / WORKFLOW).read_text() == text


@pytest.mark.parametrize("pipeline, complaint", [
    ("", "is empty"),
    ("models: []", "'pipeline' is missing"),
    ("pipeline: {model: {name: a}}", "'pipeline.model.file' is missing"),
    ("pipeline: {model: {name: 'a b', file: f}}", "pipeline.model.name"),
    ("pipeline: {model: {name: a, file: f}, validate: nothing}", "'pipeline.validate' must be a list"),
    ("pipeline: {model: {name: a, file: f}, promte: [test]}", "did you mean 'promote'"),
    ("pipeline: {model: {name: a, file: ../../f}}", "pipeline.model.file"),
    ("pipeline: &a\n  model: *a\n", "anchor"),
])
def test_a_bad_declaration_is_refused_with_its_field(tmp_path, pipeline, complaint):
    (tmp_path / "slipway.yaml").write_text(pipeline)
    result = init(tmp_path, "generic")
    assert result.returncode == 64
    assert complaint in result.stderr
    assert not (tmp_path / SCRIPT).exists()


def test_names_out_of_the_declaration_are_words_and_no_commands(repository, new_server):
    (repository.work / "slipway.yaml").write_text(
        """pipeline:
  model: {name: m, file: "it's $(touch hacked) `touch hacked`; x.onnx", dataSet: "$(touch hacked)"}
  deploy: {space: prod}
""")
    assert init(repository.work, "generic").returncode == 0
    repository.commit()
    result = repository.run(f"./{SCRIPT}", env={"SLIPWAY_SERVER": f"http://127.0.0.1:{free_port()}"}, check=False)
    assert result.returncode != 0
    assert not (repository.work / "hacked").exists()
    assert "it's $(touch hacked) `touch hacked`; x.onnx" in result.stderr
