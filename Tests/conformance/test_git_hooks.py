"""From a commit to production by a signed message of a Git service: a real repository, a real hook script as a user would
install it, a real training, real gates."""

import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import threading
import uuid

import pytest

from tumours_repository import EXAMPLE, GitRepository, make_spaces, shell_environment
from slipway_server import SlipwayServer, wait_until

HOOK = "/api/v1/hooks/git/tumours"
QUICK = "pipeline: {validate: [\"true\"]}\n"
DONE = ("succeeded", "blocked", "failed", "cancelled", "superseded")


class World:
    """A server that may clone from one folder, the example's spaces, and a repository that tells of its pushes."""

    def __init__(self, new_server, folder):
        self.repository = GitRepository(folder / "git")
        path = shell_environment(self.repository.home)["PATH"]
        self.server = new_server(
            "data", "--allow-commands", env={"SLIPWAY_GIT_ALLOW": f"file://{folder / 'git'}", "PATH": path})
        make_spaces(self.server)
        self.server.cli("member", "add", "vera", "--role", "validator", "--space", "prod")
        added = self.server.cli_json(
            "repository", "add", "tumours", "--url", self.repository.url, "--space", "dev", "--into", "test", "--into",
            "prod")
        self.secret = added["secret"]
        self.install_hook()

    def install_hook(self):
        """As docs/reference/git-hooks.md says."""
        hook = self.repository.bare / "hooks/post-receive"
        shutil.copy(EXAMPLE / "post-receive", hook)
        hook.chmod(0o755)
        for name, value in [("hook", f"{self.server.url}{HOOK}"), ("secret", self.secret)]:
            self.repository.run("git", "config", f"slipway.{name}", value, cwd=self.repository.bare)

    def push(self, message):
        """Commits everything, pushes it, and gives the run that the hook's words name."""
        commit = self.repository.commit(message)
        said = self.repository.push()
        found = re.search(r'"run":(\d+)', said)
        assert found, said
        assert commit[:12] in said
        return int(found[1])

    def run(self, number):
        return self.server.cli_json("run", "show", number, "--space", "dev")

    def wait(self, number, *states):
        """Until the run is in one of these states; gives the run as it then was."""
        found = {}

        def is_there():
            found["run"] = self.run(number)
            return found["run"]["state"] in (states or DONE)

        wait_until(is_there, f"the end of run {number}", 120)
        return found["run"]

    def wait_for_people(self, number):
        """Until it waits for an approval in prod, and no more for gates; gives the run."""
        found = {}

        def waits():
            found["run"] = self.run(number)
            assert found["run"]["state"] not in DONE, found["run"]
            promote = steps(found["run"]).get("promote:prod", {})
            return promote.get("evidence", {}).get("waitsFor") == "approval"

        wait_until(waits, f"the approval that run {number} waits for", 120)
        return found["run"]

    def approve(self, run):
        step = next(step for step in run["steps"] if step["name"] == "promote:prod")
        number = step["evidence"]["promotion"]
        self.server.cli("promotion", "approve", number, "--space", "prod")
        return number

    def live(self):
        return self.server.cli_json("deployment", "show", "tumours", "--space", "prod")

    def send(self, body, secret=None, event="push", delivery=None, path=HOOK, signature=None):
        """A message as GitHub sends it: (status, answer)."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        code = hmac.new((secret or self.secret).encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json", "X-GitHub-Event": event,
            "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
            "X-Hub-Signature-256": f"sha256={code}" if signature is None else signature}
        return self.server.json("POST", path, body, {name: value for name, value in headers.items() if value})

    def message(self, **changes):
        return {
            "ref": "refs/heads/main", "before": "0" * 40, "after": self.repository.git("rev-parse", "HEAD"),
            "repository": {"clone_url": self.repository.url}, "pusher": {"name": "dana"}} | changes


def steps(run):
    return {step["name"]: step for step in run["steps"]}


def runs(world):
    return len(world.server.cli_json("run", "list", "--space", "dev"))


def states(run):
    return {step["name"]: step["state"] for step in run["steps"]}


@pytest.fixture
def own_world(new_server, tmp_path):
    """A world for one test, with the example's repository."""
    return World(new_server, tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hooks")

    def new_server(name, *flags, **options):
        return SlipwayServer(folder / name, flags=flags, log=folder / "server.log", **options).start()

    shared = World(new_server, folder)
    shared.repository.commit("the example")
    yield shared
    shared.server.kill()


@pytest.fixture
def world(shared):
    """The shared world, with a repository that is as at the beginning and asks for next to nothing."""
    repository = shared.repository
    repository.git("reset", "--quiet", "--hard", repository.git("rev-list", "--max-parents=0", "HEAD"))
    repository.git("clean", "--quiet", "-ffdx")
    (repository.work / "slipway.yaml").write_text(QUICK)
    return shared


def test_a_push_is_validated_trained_pushed_promoted_approved_and_live(own_world):
    """The tour's page goes on from here: a bad commit, a better one, and one that takes it back."""
    world = own_world
    # No approval by four eyes here: this server asks nobody who they are, so that everybody is the same person.
    policy = (EXAMPLE / "prod.yaml").read_text().replace("approvals: {count: 1, roles: [validator], fourEyes: true}",
                                                         "approvals: {count: 1, fourEyes: false}")
    world.server.cli("space", "set-policy", "prod", "--file", "-", input=policy)
    number = world.push("the first model")
    run = world.wait_for_people(number)
    assert run["cause"].startswith("push by")
    assert world.server.cli_json("deployment", "list", "--space", "prod") == []
    world.approve(run)
    run = world.wait(number)
    assert set(states(run).values()) == {"succeeded"}, run
    assert list(states(run)) == ["clone", "validate", "build", "data", "push", "promote:test", "promote:prod", "deploy"]
    assert (world.live()["version"], world.live()["revision"]) == (1, 1)
    rows = world.server.cli("predict", "tumours", "--file", EXAMPLE / "unseen.csv", "--space", "prod").stdout.splitlines()
    assert len(rows) == 172
    provenance = world.server.cli_json("model", "show", "tumours:1", "--space", "dev")["version"]
    assert provenance["gitCommit"] == world.repository.git("rev-parse", "HEAD")
    assert provenance["tags"]["git.author"] == "Dana <dana@example.org>"
    assert provenance["tags"]["dataset.sha256"] == hashlib.sha256(
        (world.repository.work / "data/train.csv").read_bytes()).hexdigest()


def test_bad_data_ends_the_run_before_anything_is_pushed(world):
    world.repository.git("checkout", "--quiet", "HEAD", "--", "slipway.yaml")
    world.repository.run("sed", "-i", "2s/^/-/", "data/train.csv")
    run = world.wait(world.push("a negative radius"))
    assert run["state"] == "failed" and states(run)["validate"] == "failed"
    assert "line 2: radius" in run["message"]
    log = world.server.cli("run", "show", run["run"], "--log", "validate", "--space", "dev").stdout
    assert "line 2: radius is '-" in log
    assert world.server.cli_json("dataset", "list", "--space", "dev") == []


def test_a_message_that_comes_again_begins_nothing_also_after_a_restart(own_world):
    world = own_world
    (world.repository.work / "slipway.yaml").write_text(QUICK)
    number = world.push("a commit")
    message = world.message(before="1" * 40, pushed_at=7)
    first = world.send(message, delivery="d-1")
    assert first[0] == 202 and first[1]["outcome"] == "started"
    assert first[1]["run"] == number + 1
    assert world.send(message, delivery="d-1") == first
    # The id is not signed: an old body under a new one is an old body.
    assert world.send(message, delivery="d-2") == first
    world.server.kill()
    world.server.start()
    assert world.send(message, delivery="d-1") == first
    status, answer = world.send(world.message(pushed_at=8), delivery="d-1")
    assert (status, answer["code"], answer["field"]) == (409, "conflict", "X-GitHub-Delivery")
    # Ten at once are one.
    answers = []
    message = world.message(pushed_at=9)
    threads = [threading.Thread(target=lambda: answers.append(world.send(message))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [answers[0]] * 10
    assert len(world.server.cli_json("run", "list", "--space", "dev")) == number + 2


def test_only_the_secret_opens_the_hook_and_nothing_else_is_learnt(world):
    world.push("a commit")
    before = runs(world)
    body = json.dumps(world.message(pushed_at=1)).encode()
    good = "sha256=" + hmac.new(world.secret.encode(), body, hashlib.sha256).hexdigest()
    refusals = [
        world.send(body, signature=""), world.send(body, signature="sha256=" + "0" * 64), world.send(body, signature=good[:-2]),
        world.send(body, signature=good.replace("sha256", "sha1")), world.send(body, secret="another secret"),
        world.send(body + b" ", signature=good), world.send(body, path="/api/v1/hooks/git/nothing"),
        world.send(body, path="/api/v1/hooks/git/nothing", signature=""),
    ]
    assert {status for status, _ in refusals} == {401}
    assert len({json.dumps(answer) for _, answer in refusals}) == 1
    assert runs(world) == before
    # Another secret: the one before is worth nothing.
    new = world.server.cli_json("repository", "rotate-secret", "tumours", "--space", "dev")
    assert new["path"] == HOOK and new["secret"] != world.secret
    assert world.send(body)[0] == 401
    old, world.secret = world.secret, new["secret"]
    world.install_hook()
    assert world.send(body)[0] == 202
    actions = [event["action"] for event in world.server.cli_json("audit", "list", "--space", "dev")]
    assert "repository.rotate" in actions
    # Nowhere is it shown again.
    shown = world.server.cli("repository", "show", "tumours", "--space", "dev", "--output", "json").stdout
    assert old not in shown and new["secret"] not in shown


def test_what_begins_no_run_is_said(world):
    before = runs(world)
    zero = "0" * 40
    for changes, event, part in [
        ({}, "ping", None), ({}, "issues", "the event is 'issues', not 'push'"),
        ({"ref": "refs/heads/wip"}, "push", "the branch wip was pushed; runs are of the branch main"),
        ({"ref": "refs/tags/v1"}, "push", "the tag v1"),
        ({"after": zero, "deleted": True}, "push", "the branch main was deleted"),
        ({"repository": {"clone_url": "https://git.example/other.git"}}, "push", "is about https://git.example/other.git"),
    ]:
        status, answer = world.send(world.message(**changes), event=event)
        assert status == 200, answer
        if part is None:
            assert answer == {"outcome": "pong", "message": "pushes to main start runs of tumours in space dev"}
        else:
            assert answer["outcome"] == "ignored" and part in answer["message"]
            assert answer["message"].startswith("ignored: ")
    assert runs(world) == before


@pytest.mark.parametrize("changes, field", [
    ({"ref": None}, "ref"), ({"ref": "main"}, "ref"), ({"after": "HEAD"}, "after"), ({"after": 7}, "after"),
    ({"repository": {}}, "repository.clone_url"), ({"pusher": []}, "pusher"),
])
def test_a_member_that_is_wrong_is_named(world, changes, field):
    status, answer = world.send(world.message(**changes))
    assert (status, answer["code"], answer["field"]) == (400, "invalid", field)


def test_what_is_no_message_is_refused(world):
    for body in [b"", b"null", b"[1]", b"payload=%7B%7D", b"{" * 100_000, b'{"ref":' + b"[" * 50_000]:
        status, answer = world.send(body)
        assert (status, answer["code"]) == (400, "invalid"), body[:20]
    assert "application/json" in world.send(b"payload=%7B%7D")[1]["hint"]
    assert world.send(world.message(), event="")[1]["field"] == "X-GitHub-Event"
    assert world.send(world.message(), delivery="a b")[1]["field"] == "X-GitHub-Delivery"
    assert world.send(b"x" * (2 << 20))[0] == 413
    # And it answers still.
    assert world.send({}, event="ping")[0] == 200


# Repositories that are not what they seem -------------------------------------------------------------------------


def refusal_of(world, message="a commit"):
    """What is said of the repository as it is now."""
    run = world.wait(world.push(message))
    assert run["state"] == "failed" and states(run)["clone"] == "failed", run
    return run["message"]


@pytest.mark.parametrize("target", ["../../../../data", "data/../../outside"])
def test_a_symbolic_link_that_points_outside_is_refused(world, target):
    os.symlink(target, world.repository.work / "innocent.csv")
    said = refusal_of(world)
    assert "the symbolic link 'innocent.csv' leads out of it" in said and target in said


def test_a_submodule_is_refused_and_never_cloned(world):
    other = world.repository.folder / "other"
    world.repository.run("git", "init", "--quiet", other)
    for command in [("config", "user.name", "x"), ("commit", "--quiet", "--allow-empty", "-m", "x")]:
        world.repository.run("git", *command, cwd=other)
    world.repository.run(
        "git", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{other}", "vendor")
    assert "submodule" in refusal_of(world)
    # The link alone, without the file that says where it leads.
    world.repository.git("rm", "--quiet", "--cached", "-f", ".gitmodules")
    (world.repository.work / ".gitmodules").unlink()
    assert "'vendor' is a submodule" in refusal_of(world)


def test_a_pointer_of_git_lfs_is_refused_before_a_command_stumbles_over_it(world):
    oid = hashlib.sha256(b"large").hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 123456789\n"
    (world.repository.work / "video.mp4").write_text(pointer)
    assert world.wait(world.push("what nobody needs"))["state"] == "succeeded"
    world.repository.git("checkout", "--quiet", "HEAD~1", "--", "slipway.yaml")
    (world.repository.work / "data/train.csv").write_text(pointer)
    assert "'data/train.csv' is a pointer of Git LFS, not the file of 123456789 bytes" in refusal_of(world)


def test_a_yaml_bomb_is_refused_before_it_is_read(world):
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"] + [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in zip("abcdefgh", "bcdefghi")]
    (world.repository.work / "slipway.yaml").write_text("\n".join(lines) + "\n")
    assert "anchor" in refusal_of(world)
    (world.repository.work / "slipway.yaml").write_text("pipeline: " + "[" * 10_000 + "\n")
    assert "lists and mappings" in refusal_of(world)
    assert world.server.json("GET", "/v2/health/ready")[0] == 200


def test_a_file_name_that_leads_elsewhere_is_refused(world):
    """Git's own commands make no such tree; other programs do."""
    repository = world.repository
    repository.commit("to begin with")
    before = runs(world)
    blob = repository.git("rev-parse", "HEAD:train.py")
    inner = subprocess.run(
        ["git", "mktree"], cwd=repository.work, input=f"100644 blob {blob}\tevil.py\n", capture_output=True, text=True,
        env=shell_environment(repository.home), check=True).stdout.strip()
    listing = repository.git("ls-tree", "HEAD") + f"\n040000 tree {inner}\t..\n"
    tree = subprocess.run(
        ["git", "mktree"], cwd=repository.work, input=listing, capture_output=True, text=True,
        env=shell_environment(repository.home), check=True).stdout.strip()
    commit = repository.git("commit-tree", tree, "-p", "HEAD", "-m", "evil")
    repository.git("push", "--quiet", "--force", "origin", f"{commit}:refs/heads/main")
    assert runs(world) == before + 1
    run = world.server.cli_json("run", "list", "--space", "dev")[0]
    run = world.wait(run["run"])
    assert run["state"] == "failed" and "leads elsewhere" in run["message"], run


def test_whoever_guesses_is_not_listened_to_for_a_while(world):
    statuses = [world.send({"n": n}, signature="sha256=" + "0" * 64)[0] for n in range(25)]
    # What others here got wrong before counts too.
    refused = statuses.index(429)
    assert 0 < refused <= 21 and set(statuses[:refused]) == {401}
    assert statuses[-1] == 429
    status, headers, _ = world.server.request("POST", HOOK, b"{}")
    assert status == 429 and int(headers["retry-after"]) > 0
