"""Versions are deleted unless something needs them; files that nothing refers to are collected, and nothing else ever."""

import contextlib
import json
import os
import shutil
import sqlite3
import threading
import uuid

import pytest

from crash_points import World, file_entry, push, server_crashes
from slipway_server import REPOSITORY, SlipwayServer, wait_until
from test_crash import crash_everywhere

IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"
API = "/api/v1/spaces/default"
INPUT = [{"name": "features", "datatype": "FP32", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}]
# A second of grace, and no collection but those that are asked for.
SOON = {"SLIPWAY_COLLECT_GRACE_SECONDS": "1", "SLIPWAY_COLLECT_SECONDS": "0"}


def blob(server, path):
    digest = file_entry(path)["sha256"]
    return server.data / "blobs" / "sha256" / digest[:2] / digest


def test_a_version_is_deleted_once_nothing_needs_it(new_server, models):
    server = new_server()
    server.deploy(IRIS, "iris")
    refused = server.cli("model", "delete", "iris:1", check=False)
    assert refused.returncode == 1
    assert "endpoint 'iris' serves it" in refused.stderr
    assert server.infer("iris", INPUT)[0] == 200
    server.cli("model", "push", models / "identity_fp32.onnx", "--name", "iris")
    server.cli("deploy", "iris:2")
    refused = server.cli("model", "delete", "iris:1", check=False)
    assert refused.returncode == 1
    assert "endpoint 'iris' would roll back to it" in refused.stderr
    server.cli("deployment", "delete", "iris")
    assert server.cli("model", "delete", "iris:1").stdout == "iris:1 is deleted\n"
    assert [v["version"] for v in server.cli_json("model", "show", "iris")["versions"]] == [2]
    gone = server.cli("model", "delete", "iris:1", check=False)
    assert gone.returncode == 1
    assert "iris has no version 1" in gone.stderr
    assert server.cli("deploy", "iris:1", check=False).returncode == 1
    # The same bytes again are a new version.
    assert server.cli_json("model", "push", IRIS, "--name", "iris")["version"]["version"] == 3
    history = server.cli_json("deployment", "history", "iris")
    assert [(r["action"], r["version"]) for r in history] == [("delete", 2), ("deploy", 2), ("deploy", 1)]
    assert server.json("POST", "/api/v1/verify")[1]["problems"] == []


@pytest.mark.parametrize("name,code", [("iris", 64), ("iris:0", 64), ("iris:latest", 64), ("nobody:1", 1)])
def test_a_version_is_named_by_its_number(server, name, code):
    assert server.cli("model", "delete", name, check=False).returncode == code


def test_latest_is_no_version_to_delete(server):
    status, answer = server.json("DELETE", f"{API}/models/iris/versions/latest")
    assert (status, answer["code"]) == (400, "invalid"), answer


def test_a_collection_takes_what_nothing_refers_to_and_nothing_else(new_server, models):
    server = new_server(env=SOON)
    server.deploy(IRIS, "iris")
    addsub, lost = models / "addsub.onnx", models / "identity_fp32.onnx"
    server.cli("model", "push", addsub, "--name", "addsub")
    server.cli("model", "delete", "addsub:1")
    status, _, _ = server.request("PUT", f"{API}/blobs/{file_entry(lost)['sha256']}", lost.read_bytes())
    assert status == 200
    assert blob(server, addsub).exists() and blob(server, lost).exists()

    def collected():
        server.json("POST", "/api/v1/collect")
        return not blob(server, addsub).exists() and not blob(server, lost).exists()

    wait_until(collected, "the collection of both")
    assert blob(server, IRIS).exists()
    assert server.infer("iris", INPUT)[0] == 200
    assert server.json("POST", "/api/v1/verify")[1]["problems"] == []
    assert "nothing to remove" in server.cli("doctor", "--collect").stdout
    removed = server.cli_json("audit", "list", "--action", "storage.collect")
    assert sum(int(json.loads(e["detail"])["blobs"]) for e in removed) == 2
    server.cli("model", "push", addsub, "--name", "addsub")
    server.cli("deploy", "addsub")


def test_collections_happen_by_themselves(new_server, models):
    server = new_server(env=SOON | {"SLIPWAY_COLLECT_SECONDS": "1"})
    lost = models / "addsub.onnx"
    server.request("PUT", f"{API}/blobs/{file_entry(lost)['sha256']}", lost.read_bytes())
    wait_until(lambda: not blob(server, lost).exists(), "the collection", timeout=20)
    event = server.cli_json("audit", "list")[0]
    assert (event["action"], event["principal"], event["space"]) == ("storage.collect", "slipway", "")


def push_again(server, path, name):
    """As the hint says, when its bytes were collected before the version was asked for: the machine was slow."""
    for _ in range(20):
        pushed = server.cli("model", "push", path, "--name", name, check=False)
        if pushed.returncode == 0:
            return
        assert "have not been uploaded" in pushed.stderr, pushed.stderr
    raise AssertionError(pushed.stderr)


def test_pushes_while_collections_run_all_work(new_server, models, tmp_path):
    """With hardly any time of grace a push may have to send its bytes twice; it never makes a version without them."""
    server = new_server(env=SOON)
    content = (models / "addsub.onnx").read_bytes()
    stop = threading.Event()

    def collect():
        while not stop.is_set():
            server.json("POST", "/api/v1/collect")

    threads = [threading.Thread(target=collect) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(10):
            push_again(server, models / "addsub.onnx", f"m{number}")
            server.cli("deploy", f"m{number}")
            server.cli("deployment", "delete", f"m{number}")
            server.cli("model", "delete", f"m{number}:1")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    push_again(server, models / "addsub.onnx", "last")
    server.cli("deploy", "last")
    assert server.json("POST", "/api/v1/verify")[1]["problems"] == []
    assert content == blob(server, models / "addsub.onnx").read_bytes()


def test_a_rotten_file_is_refused_at_load_and_the_last_good_version_goes_on(new_server, models):
    server = new_server()
    server.cli("model", "push", IRIS, "--name", "iris")
    server.cli("deploy", "iris")
    server.cli("model", "push", models / "identity_fp32.onnx", "--name", "iris")
    path = blob(server, models / "identity_fp32.onnx")
    content = path.read_bytes()
    os.chmod(path, 0o600)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    # What was laid out before is a file of its own or a link to the rotten one: either way it is hashed.
    shutil.rmtree(server.data / "artifacts", ignore_errors=True)
    (server.data / "artifacts").mkdir()
    refused = server.cli("deploy", "iris:2", check=False)
    assert refused.returncode == 1
    assert "digest mismatch" in refused.stderr
    assert server.infer("iris", INPUT)[0] == 200
    assert server.json("GET", "/v2/models/iris")[1]["versions"] == ["1"]
    doctor = server.cli("doctor", "--verify", check=False)
    assert doctor.returncode == 1
    assert "iris:2" in doctor.stdout
    # Once it was found, the same push sends the bytes again, and all is well.
    server.cli("model", "push", models / "identity_fp32.onnx", "--name", "iris")
    server.cli("deploy", "iris:2")
    assert server.json("POST", "/api/v1/verify")[1]["problems"] == []


def test_a_file_that_rots_under_a_live_version_is_found_at_the_restart(new_server, models):
    server = new_server()
    server.deploy(IRIS, "iris")
    server.deploy(models / "addsub.onnx", "addsub")
    path = blob(server, IRIS)
    content = path.read_bytes()
    assert server.terminate() == 0
    os.chmod(path, 0o600)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    shutil.rmtree(server.data / "artifacts")
    server.start()
    shown = server.cli_json("deployment", "show", "iris")
    assert shown["state"] == "failed"
    assert "digest mismatch" in shown["message"]
    assert server.cli_json("deployment", "show", "addsub")["state"] == "ready"
    server.cli("model", "push", IRIS, "--name", "iris")
    server.cli("deploy", "iris:1", "--reason", "repaired", "--deadline-ms", "50000")
    assert server.infer("iris", INPUT)[0] == 200


# kill -9 ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(tmp_path, models):
    """Iris is deployed, addsub has two versions that nothing needs, and a file was sent that nothing refers to."""
    base = SlipwayServer(tmp_path / "base", flags=["--no-supervisor"], log=tmp_path / "base.log", env=SOON).start()
    base.deploy(IRIS, "iris")
    push(base, models / "addsub.onnx", "addsub", str(uuid.uuid4()))
    lost = models / "identity_fp32.onnx"
    base.request("PUT", f"{API}/blobs/{file_entry(lost)['sha256']}", lost.read_bytes())
    assert base.terminate() == 0
    # All of it came long ago.
    with contextlib.closing(sqlite3.connect(tmp_path / "base" / "slipway.db")) as database:
        database.execute("UPDATE blob SET created_at = 1, seen_at = 1")
        database.commit()
    return ShortGrace(tmp_path, tmp_path / "base")


class ShortGrace(World):
    def server(self):
        self.number += 1
        data = self.folder / f"data-{self.number}"
        shutil.copytree(self.base, data, symlinks=True)
        log = self.folder / f"server-{self.number}.log"
        return SlipwayServer(data, flags=["--no-supervisor"], log=log, env=SOON).start()


def test_a_deletion_killed_at_any_system_call_is_wholly_done_or_wholly_not(world, models):
    def operation(server, key):
        status, answer = server.json(
            "DELETE", f"{API}/models/addsub/versions/1", headers={"Idempotency-Key": key})
        assert status == 200, answer
        return answer

    def check(server, acknowledged, context):
        status, _ = server.json("GET", f"{API}/models/addsub/versions/1")
        assert status in (200, 404), context
        if acknowledged:
            assert status == 404, context
        events = server.json("GET", "/api/v1/audit?action=version.delete")[1]["items"]
        assert len(events) == (status == 404), context
        assert server.json("GET", f"{API}/deployments/iris")[1]["state"] == "ready", context

    crash_everywhere(world, operation, check)


def test_a_collection_killed_at_any_system_call_leaves_nothing_wrong(world, models):
    lost = models / "identity_fp32.onnx"

    def operation(server):
        status, answer = server.json("POST", "/api/v1/collect")
        assert status == 200, answer

    def check(server, acknowledged, context):
        held = server.request("HEAD", f"{API}/blobs/{file_entry(lost)['sha256']}")[0] == 200
        # A start removes the file of a row that has gone.
        assert blob(server, lost).exists() == held, context
        if acknowledged:
            assert not held, context
        assert blob(server, IRIS).exists() and blob(server, models / "addsub.onnx").exists(), context
        assert server.infer("iris", INPUT)[0] == 200, context
        operation(server)

    server_crashes(world, operation, check)
