"""kill -9 at every system call of a push and of a deploy: afterwards each is wholly there or wholly not, and a retry with
the same idempotency key converges."""

import hashlib
import pathlib
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
            ["strace", "-f", "-qq", "-o", str(self.log), "-e", f"trace={chosen}",
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
        """For each system call, how often the busiest thread made it."""
        counts = {}
        for line in self.log.read_text(errors="replace").splitlines():
            found = re.match(r"(\d+)\s+(\w+)\(", line)
            if found:
                counts[found.groups()] = counts.get(found.groups(), 0) + 1
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


def push(server, model_file, name, key):
    """What `slipway model push` does, with a key of our own so that a retry is the same operation."""
    entry = file_entry(model_file)
    base = "/api/v1/spaces/default"
    status, _, answer = server.request("PUT", f"{base}/blobs/{entry['sha256']}", model_file.read_bytes())
    assert status == 200, answer
    status, value = server.json(
        "POST", f"{base}/models/{name}/versions", {"files": [entry]},
        {"Idempotency-Key": key, "Content-Type": "application/json"})
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


def crash_everywhere(world, operation, check):
    survived = 0
    for name, number in crash_points(world, operation):
        server = world.server()
        tracer = Tracer(server.process.pid, world.folder / "kill.txt", inject=(name, number))
        key = str(uuid.uuid4())
        acknowledged = True
        try:
            operation(server, key)
        except OSError:
            acknowledged = False
        except AssertionError:
            raise
        except Exception:
            # http.client's own errors for an answer that was cut off.
            acknowledged = False
        tracer.stop()
        survived += acknowledged
        server.kill()
        again = SlipwayServer(server.data, flags=["--no-supervisor"], log=server.log, port=server.port).start()
        context = f"killed at {name} number {number}"
        check(again, acknowledged, context)
        operation(again, key)
        check(again, True, context + ", after the retry")
        assert_intact(again)
        again.kill()
        shutil.rmtree(server.data)
    return survived


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
