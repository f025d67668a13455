"""kill -9 at any system call of a push and of a deploy: afterwards each is wholly there or wholly not, and a retry with
the same idempotency key converges."""

import hashlib
import http.client
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time
import uuid

import pytest

from slipway_server import SlipwayServer

# What makes state durable or visible. `write` and reads are left out: they also serve sockets and logs.
SYSCALLS = ["openat", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "unlink",
            "unlinkat", "mkdir", "mkdirat", "ftruncate", "copy_file_range", "ioctl"]


class Tracer:
    """strace on a running server: counts calls, or kills at the n-th one of a kind (counted for each thread)."""

    def __init__(self, pid, log, inject=None):
        self.log = pathlib.Path(log)
        self.target = pid
        expression = [f"inject={inject[0]}:signal=KILL:when={inject[1]}"] if inject else []
        chosen = inject[0] if inject else ",".join(SYSCALLS)
        self.process = subprocess.Popen(
            ["strace", "-f", "-Y", "-qq", "-o", str(self.log), "-e", f"trace={chosen}",
             *[part for e in expression for part in ("-e", e)], "-p", str(pid)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.wait_attached(pid)

    @staticmethod
    def wait_attached(pid):
        """Until every thread has a tracer."""
        for _ in range(2000):
            statuses = [p.read_text() for p in pathlib.Path(f"/proc/{pid}/task").glob("*/status")]
            if statuses and all(not re.search(r"TracerPid:\s+0\n", text) for text in statuses):
                return
            time.sleep(0.005)
        raise AssertionError("strace did not attach")

    def stop(self):
        """Detaches. When the traced process was killed, strace ends with it; interrupting it then can leave it stuck."""
        for ending in [signal.SIGINT, signal.SIGKILL]:
            if self.ended_within(3 if ending == signal.SIGKILL or self.target_is_gone() else 0):
                return
            self.process.send_signal(ending)
        self.process.wait(20)

    def ended_within(self, seconds):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def target_is_gone(self):
        try:
            return re.search(r"\) [ZX] ", pathlib.Path(f"/proc/{self.target}/stat").read_text()) is not None
        except FileNotFoundError:
            return True

    def most_by_thread(self):
        """For each system call, how often the busiest thread of the server made it. A checker only reads and reports: it
        is another program ("exe", as it is started by that name)."""
        counts = {}
        for line in self.log.read_text(errors="replace").splitlines():
            found = re.match(r"(\d+)<([^>]*)>\s+(\w+)\(", line)
            if found and found[2] != "exe":
                counts[found[1], found[3]] = counts.get((found[1], found[3]), 0) + 1
        most = {}
        for (_, name), count in counts.items():
            most[name] = max(most.get(name, 0), count)
        return most


class World:
    """A data folder in a known state, copied afresh for each crash."""

    def __init__(self, folder, base):
        self.folder = folder
        self.base = base
        self.number = 0

    def server(self):
        self.number += 1
        data = self.folder / f"data-{self.number}"
        shutil.copytree(self.base, data, symlinks=True)
        return SlipwayServer(data, flags=["--no-supervisor"], log=self.folder / f"server-{self.number}.log").start()


def file_entry(path):
    data = path.read_bytes()
    return {"path": path.name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


class CheckerDied(Exception):
    """The kill met the checker instead of the server: the push was refused, which its sender may try again."""


def push(server, model_file, name, key):
    """What `slipway model push` does, with a key of our own so that a retry is the same operation."""
    entry = file_entry(model_file)
    base = "/api/v1/spaces/default"
    status, _, answer = server.request("PUT", f"{base}/blobs/{entry['sha256']}", model_file.read_bytes())
    assert status == 200, answer
    status, value = server.json(
        "POST", f"{base}/models/{name}/versions", {"files": [entry]},
        {"Idempotency-Key": key, "Content-Type": "application/json"})
    if status == 422 and value["code"] == "check_failed":
        raise CheckerDied(value["error"])
    assert status in (200, 201), value
    return value


def deploy(server, endpoint, model, version, key):
    status, value = server.json(
        "PUT", f"/api/v1/spaces/default/deployments/{endpoint}", {"model": model, "version": version},
        {"Idempotency-Key": key, "Content-Type": "application/json"})
    assert status == 200, value
    return value


def assert_intact(server):
    status, report = server.json("POST", "/api/v1/verify")
    assert status == 200
    assert report["problems"] == []


def crash_points(world, operation):
    """Every (system call, number) that the operation makes."""
    server = world.server()
    tracer = Tracer(server.process.pid, world.folder / "count.txt")
    operation(server, str(uuid.uuid4()))
    tracer.stop()
    server.kill()
    points = [(name, n) for name, most in sorted(tracer.most_by_thread().items()) for n in range(1, most + 1)]
    assert {name for name, _ in points} & {"fsync", "fdatasync"}, "an operation that syncs nothing cannot be durable"
    return points


def some(points):
    """Each sixth of them, from where chance has it: all take minutes, and are for `SLIPWAY_SOAK=1`."""
    return points if os.environ.get("SLIPWAY_SOAK") else points[random.randrange(min(6, len(points)))::6]


def crash_everywhere(world, operation, check):
    points = some(crash_points(world, operation))
    killed = 0
    for name, number in points:
        server = world.server()
        tracer = Tracer(server.process.pid, world.folder / "kill.txt", inject=(name, number))
        key = str(uuid.uuid4())
        try:
            operation(server, key)
            acknowledged = True
        except (OSError, http.client.HTTPException, CheckerDied):
            acknowledged = False
        finally:
            tracer.stop()
            killed += server.process.poll() == -signal.SIGKILL
            server.kill()
        again = SlipwayServer(server.data, flags=["--no-supervisor"], log=server.log, port=server.port).start()
        context = f"killed at {name} number {number}"
        check(again, acknowledged, context)
        operation(again, key)
        check(again, True, context + ", after the retry")
        assert_intact(again)
        again.kill()
        shutil.rmtree(server.data)
    # Threads share the work differently each time, so that some points are not met.
    print(f"killed at {killed} of {len(points)} points")
    assert killed >= len(points) // 2, f"only {killed} of {len(points)} kills happened"


@pytest.fixture
def world(tmp_path, models, examples):
    """One model with one version, deployed; its second version is not pushed yet."""
    base = SlipwayServer(tmp_path / "base", flags=["--no-supervisor"], log=tmp_path / "base.log").start()
    base.deploy(examples / "iris" / "model.onnx", "iris")
    assert base.terminate() == 0
    return World(tmp_path, tmp_path / "base")


def test_a_push_killed_at_any_system_call_is_wholly_there_or_wholly_not(world, models):
    addsub = models / "addsub.onnx"

    def operation(server, key):
        return push(server, addsub, "addsub", key)

    def check(server, acknowledged, context):
        status, page = server.json("GET", "/api/v1/spaces/default/models")
        names = [item["name"] for item in page["items"]]
        assert status == 200
        assert "iris" in names, context
        if acknowledged:
            assert "addsub" in names, context
        if "addsub" in names:
            status, version = server.json("GET", "/api/v1/spaces/default/models/addsub/versions/latest")
            assert (status, version["version"]) == (200, 1), context
            assert version["files"][0]["sha256"] == file_entry(addsub)["sha256"], context

    crash_everywhere(world, operation, check)


def test_a_push_of_a_data_set_killed_at_any_system_call_is_wholly_there_or_wholly_not(world, examples):
    rows = (examples / "iris" / "heldout.csv").read_bytes()
    sha256 = hashlib.sha256(rows).hexdigest()
    base = "/api/v1/spaces/default"

    def operation(server, key):
        status, _, answer = server.request("PUT", f"{base}/blobs/{sha256}", rows)
        assert status == 200, answer
        order = {"name": "flowers", "sha256": sha256, "size": len(rows), "format": "csv"}
        status, answer = server.json("POST", f"{base}/datasets", order, {"Idempotency-Key": key})
        assert status in (200, 201), answer

    def check(server, acknowledged, context):
        status, page = server.json("GET", f"{base}/datasets")
        found = [(one["name"], one["version"], one["sha256"], one["rows"]) for one in page["items"]]
        assert status == 200
        assert found in ([], [("flowers", 1, sha256, 45)]), context
        if acknowledged:
            assert found, context
        if found:
            assert server.json("GET", f"{base}/datasets/flowers/versions/1/rules")[0] == 200, context

    crash_everywhere(world, operation, check)


def test_a_deploy_killed_at_any_system_call_is_wholly_there_or_wholly_not(world, models):
    base = SlipwayServer(world.base, flags=["--no-supervisor"], log=world.folder / "base.log").start()
    push(base, models / "addsub.onnx", "addsub", str(uuid.uuid4()))
    assert base.terminate() == 0

    def operation(server, key):
        return deploy(server, "sums", "addsub", 1, key)

    def check(server, acknowledged, context):
        status, page = server.json("GET", "/api/v1/spaces/default/deployments")
        states = {item["endpoint"]: item["state"] for item in page["items"]}
        assert states.get("iris") == "ready", context
        if acknowledged:
            assert "sums" in states, context
        if "sums" in states:
            assert states["sums"] == "ready", context
            status, history = server.json("GET", "/api/v1/spaces/default/deployments/sums/revisions")
            assert [(r["revision"], r["action"]) for r in history["items"]] == [(1, "deploy")], context

    crash_everywhere(world, operation, check)


def test_a_start_killed_at_a_system_call_loses_nothing_and_the_next_one_works(world, models):
    """First starts in an empty folder, and starts that clean up after a crash."""
    dirty = world.server()
    push(dirty, models / "addsub.onnx", "again", str(uuid.uuid4()))
    dirty.kill()
    (dirty.data / "tmp" / "upload-9").write_bytes(b"half")
    stray = dirty.data / "blobs" / "sha256" / "ab" / ("ab" * 32)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"half")
    killed = points = 0
    for base, names in [(None, []), (dirty.data, ["again", "iris"])]:
        counting = Start(world, base).run()
        calls = [(name, number) for name, most in sorted(counting.most_by_thread().items())
                 for number in range(1, most + 1)]
        # Each migration makes more of them: a fixed number, at even distances.
        stride = 1 if os.environ.get("SLIPWAY_SOAK") else max(1, len(calls) // 30)
        for name, number in calls[::stride]:
            start = Start(world, base, inject=(name, number))
            start.run()
            points += 1
            killed += start.server.process.returncode == -signal.SIGKILL
            again = start.server
            again.prefix = []
            again.start()
            status, page = again.json("GET", "/api/v1/spaces/default/models")
            assert (status, [item["name"] for item in page["items"]]) == (200, names), (name, number)
            assert_intact(again)
            again.kill()
            shutil.rmtree(again.data)
    print(f"killed at {killed} of {points} points")
    assert killed >= points // 2, f"only {killed} of {points} kills happened"


class Start:
    """One start under strace, of an empty folder or a copy of `base`, until it is ready or dead."""

    CALLS = [name for name in SYSCALLS if name not in ("openat", "ioctl")]

    def __init__(self, world, base, inject=None):
        world.number += 1
        data = world.folder / f"start-{world.number}"
        if base:
            shutil.copytree(base, data, symlinks=True)
        self.log = world.folder / "start.txt"
        self.log.unlink(missing_ok=True)
        expression = ["-e", f"inject={inject[0]}:signal=KILL:when={inject[1]}"] if inject else []
        self.server = SlipwayServer(
            data, flags=["--no-supervisor"], log=world.folder / "start.log",
            prefix=["strace", "-f", "-Y", "-qq", "-o", str(self.log), "-e",
                    f"trace={inject[0] if inject else ','.join(self.CALLS)}", *expression])  # fmt: skip

    def run(self):
        """strace takes the place of the program it starts: it ends as that does."""
        try:
            self.server.start()
        except AssertionError:
            return self
        self.server.kill()
        return self

    most_by_thread = Tracer.most_by_thread


POLICY = {"promotesFrom": ["default"], "gates": [{"name": "whole", "kind": "integrity"}],
          "approvals": {"count": 1, "fourEyes": False}}  # fmt: skip


@pytest.fixture
def promoting(world):
    """A space `prod` that takes versions from `default` after a gate and an approval."""
    base = SlipwayServer(world.base, flags=["--no-supervisor"], log=world.folder / "base.log").start()
    assert base.json("POST", "/api/v1/spaces", {"name": "prod"})[0] == 201
    assert base.json("PUT", "/api/v1/spaces/prod/policy", POLICY)[0] == 200
    assert base.terminate() == 0
    return world


def promote(server, key):
    status, value = server.json(
        "POST", "/api/v1/spaces/default/promotions", {"model": "iris", "version": 1, "to": "prod"},
        {"Idempotency-Key": key, "Content-Type": "application/json"})
    assert status == 201, value
    return settled(server, value["number"])


def settled(server, number):
    """Until its gates have ended."""
    for _ in range(2000):
        status, value = server.json("GET", f"/api/v1/spaces/prod/promotions/{number}")
        assert status == 200, value
        if value["state"] != "checking":
            return value
        time.sleep(0.005)
    raise AssertionError(f"the gates do not end: {value}")


def is_available(server):
    return server.request("GET", "/api/v1/spaces/prod/models/iris/versions/1")[0] == 200


def test_a_promotion_killed_at_any_system_call_is_taken_up_again(promoting):
    def check(server, acknowledged, context):
        status, page = server.json("GET", "/api/v1/spaces/prod/promotions")
        assert status == 200
        assert len(page["items"]) <= 1, context
        if acknowledged:
            assert page["items"], context
        # Once it is there at all, its gates end, whoever asked has gone or not.
        for item in page["items"]:
            value = settled(server, item["number"])
            assert (value["state"], value["gates"][0]["outcome"]) == ("awaitingApproval", "passed"), context
            kinds = [step["kind"] for step in value["steps"]]
            assert kinds == ["requested", "checking", "reported"], context
        assert not is_available(server), context

    crash_everywhere(promoting, promote, check)


def test_an_approval_killed_at_any_system_call_is_applied_wholly_or_not(promoting):
    base = SlipwayServer(promoting.base, flags=["--no-supervisor"], log=promoting.folder / "base.log").start()
    assert promote(base, str(uuid.uuid4()))["state"] == "awaitingApproval"
    assert base.terminate() == 0

    def operation(server, key):
        status, value = server.json(
            "POST", "/api/v1/spaces/prod/promotions/1/approve", {}, {"Idempotency-Key": key})
        assert status == 200, value
        return value

    def check(server, acknowledged, context):
        status, value = server.json("GET", "/api/v1/spaces/prod/promotions/1")
        assert status == 200
        assert value["state"] in ("awaitingApproval", "applied"), context
        if acknowledged:
            assert value["state"] == "applied", context
        # The state, the steps and what is available are one.
        kinds = [step["kind"] for step in value["steps"]]
        applied = value["state"] == "applied"
        assert kinds[3:] == (["approved", "applied"] if applied else []), context
        assert is_available(server) == applied, context

    crash_everywhere(promoting, operation, check)
