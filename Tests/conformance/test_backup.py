"""Backup while serving, restore into an empty folder: what is restored serves the same; what is damaged, cut off or forged
is refused with nothing left behind; a kill at any moment leaves a whole file or none."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import socket
import subprocess
import tarfile
import threading

import pytest

from crash_points import World, command_crashes, server_crashes
from slipway_server import BINARY, REPOSITORY, SlipwayServer, environment, resident_bytes, wait_until
from test_storage_faults import Filler, assert_refused, mounted, serve

IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"
API = "/api/v1/spaces/default"
INPUT = [{"name": "features", "datatype": "FP32", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}]


def restore(file, data, check=True):
    done = subprocess.run(
        [str(BINARY), "restore", str(file), "--data-dir", str(data)], capture_output=True, text=True, timeout=120,
        stdin=subprocess.DEVNULL, env=environment())
    if check:
        assert done.returncode == 0, done
    return done


def state(server):
    """What anybody can see of a server, but for what is its own: times since its start, ports, counters."""
    seen = {}
    for path in ["models", "models/iris/versions", "deployments/iris/revisions"]:
        seen[path] = server.json("GET", f"{API}/{path}")[1]
    seen["audit"] = server.json("GET", "/api/v1/audit")[1]
    seen["answer"] = server.infer("iris", INPUT)[1]["outputs"]
    return seen


@pytest.fixture
def used(new_server, models):
    server = new_server("used")
    server.deploy(IRIS, "iris")
    server.deploy(models / "external_data", "external")
    return server


def upload(server, content):
    digest = hashlib.sha256(content).hexdigest()
    assert server.request("PUT", f"{API}/blobs/{digest}", content)[0] == 200


def test_what_is_restored_serves_the_same(used, new_server, tmp_path):
    file = tmp_path / "backup.tar"
    done = used.cli("backup", file)
    assert "backup written to" in done.stdout
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.glob("*.partial")) == []
    before = state(used)
    used.kill()
    restored = tmp_path / "restored"
    assert "intact" in restore(file, restored).stdout
    again = SlipwayServer(restored, log=tmp_path / "restored.log")
    again.start()
    try:
        assert state(again) == before
        assert again.infer("external", [])[0] in (200, 400)
        assert again.json("POST", "/api/v1/verify")[1]["problems"] == []
        assert again.cli_json("audit", "verify")["problems"] == []
        again.cli("model", "push", IRIS, "--name", "another")
    finally:
        again.kill()


def test_the_archive_is_a_tar_file_that_others_read(used, tmp_path):
    file = tmp_path / "backup.tar"
    used.cli("backup", file)
    with tarfile.open(file) as archive:
        names = archive.getnames()
        assert names[0] == "manifest.json" and names[-1] == "archive.sha256"
        for member in archive.getmembers():
            assert member.isreg()
            if member.name.startswith("blobs/"):
                content = archive.extractfile(member).read()
                assert hashlib.sha256(content).hexdigest() == pathlib.Path(member.name).name


def test_curl_is_enough_for_a_backup(used, tmp_path):
    status, headers, body = used.request("GET", "/api/v1/backup")
    assert status == 200
    assert int(headers["content-length"]) == len(body)
    (tmp_path / "curl.tar").write_bytes(body)
    restore(tmp_path / "curl.tar", tmp_path / "restored")
    status, headers, body = used.request("HEAD", "/api/v1/backup")
    assert (status, body) == (200, b"")


def test_a_backup_while_everything_changes_is_of_one_moment(used, tmp_path, models):
    stop = threading.Event()
    failures = []

    def change():
        number = 0
        while not stop.is_set():
            number += 1
            try:
                used.cli("model", "push", models / "addsub.onnx", "--name", f"m{number}")
                used.cli("deploy", f"m{number}")
                used.cli("deployment", "delete", f"m{number}")
                used.cli("model", "delete", f"m{number}:1")
                used.json("POST", "/api/v1/collect")
                assert used.infer("iris", INPUT)[0] == 200
            except AssertionError as error:
                failures.append(error)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for number in range(5):
            file = tmp_path / f"{number}.tar"
            used.cli("backup", file)
            restore(file, tmp_path / f"restored-{number}")
    finally:
        stop.set()
        thread.join()
    assert failures == []


@pytest.fixture
def large(new_server):
    """A server with 64 MiB of files."""
    server = new_server("large", env={"SLIPWAY_WRITE_TIMEOUT_SECONDS": "2"})
    for _ in range(4):
        upload(server, os.urandom(16 << 20))
    return server


def test_memory_does_not_grow_with_a_backup(large, tmp_path):
    child = large.children()[0]
    large.request("GET", "/api/v1/status")
    before = resident_bytes(child, "VmHWM")
    file = tmp_path / "backup.tar"
    large.cli("backup", file)
    assert file.stat().st_size > 64 << 20
    assert resident_bytes(child, "VmHWM") - before < 32 << 20
    restore(file, tmp_path / "restored")


def test_a_caller_who_leaves_or_stops_reading_holds_nothing(large):
    for wait in [False, True]:
        with contextlib.closing(socket.create_connection(("127.0.0.1", large.port))) as caller:
            caller.sendall(b"GET /api/v1/backup HTTP/1.1\r\nHost: h\r\n\r\n")
            assert caller.recv(100).startswith(b"HTTP/1.1 200")
            wait_until(lambda: list((large.data / "tmp").iterdir()) != [], "the backup's own copies")
            if wait:
                # It takes nothing more: after the time for that it is given up.
                wait_until(lambda: list((large.data / "tmp").iterdir()) == [], "the end of the backup", timeout=30)
        wait_until(lambda: list((large.data / "tmp").iterdir()) == [], "the end of the backup")
    assert large.json("GET", "/api/v1/status")[0] == 200


def test_a_request_behind_a_backup_is_answered_after_it(large):
    with contextlib.closing(socket.create_connection(("127.0.0.1", large.port), timeout=30)) as caller:
        caller.sendall(
            b"GET /api/v1/backup HTTP/1.1\r\nHost: h\r\n\r\n"
            b"GET /v2/health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        content = b""
        while piece := caller.recv(1 << 20):
            content += piece
    head, rest = content.split(b"\r\n\r\n", 1)
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert rest[length:].startswith(b"HTTP/1.1 200")


def test_a_rotten_file_ends_a_backup_and_leaves_nothing(large, tmp_path):
    path = next(p for p in (large.data / "blobs").rglob("*") if p.is_file())
    os.chmod(path, 0o600)
    with path.open("r+b") as file:
        file.seek(1 << 20)
        byte = file.read(1)
        file.seek(1 << 20)
        file.write(bytes([byte[0] ^ 1]))
    target = tmp_path / "backup.tar"
    target.write_text("yesterday's")
    done = large.cli("backup", target, check=False)
    assert done.returncode != 0
    assert target.read_text() == "yesterday's"
    assert list(tmp_path.glob("*.partial")) == []
    assert "digest mismatch" in large.log_text()
    assert path.name in large.log_text()


# What is refused -------------------------------------------------------------------------------------------------


@pytest.fixture
def backup(used, tmp_path):
    file = tmp_path / "backup.tar"
    used.cli("backup", file)
    used.kill()
    return file


def assert_nothing_restored(done, data, *words):
    assert done.returncode == 1, done
    for word in words:
        assert word in done.stderr, done.stderr
    assert not data.exists()
    assert list(data.parent.glob(f"{data.name}*")) == []


def test_one_changed_byte_anywhere_is_refused(backup, tmp_path):
    clean = backup.read_bytes()
    data = tmp_path / "restored"
    for place in range(13, len(clean), len(clean) // 60):
        backup.write_bytes(clean[:place] + bytes([clean[place] ^ 1]) + clean[place + 1 :])
        assert_nothing_restored(restore(backup, data, check=False), data)


def test_an_archive_that_was_cut_off_is_refused(backup, tmp_path):
    clean = backup.read_bytes()
    data = tmp_path / "restored"
    for length in [0, 700, len(clean) // 2, len(clean) - 1]:
        backup.write_bytes(clean[:length])
        assert_nothing_restored(restore(backup, data, check=False), data, "cannot be restored")


@pytest.mark.parametrize("kind", ["symlink", "hardlink", "absolute", "dots", "device"])
def test_an_archive_that_reaches_elsewhere_is_refused(tmp_path, kind):
    file, data = tmp_path / "evil.tar", tmp_path / "restored"
    victim = tmp_path / "victim"
    with tarfile.open(file, "w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo({"absolute": str(victim), "dots": "../victim"}.get(kind, "slipway.db"))
        member.type = {"symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE, "device": tarfile.CHRTYPE}.get(
            kind, tarfile.REGTYPE)
        member.linkname = str(victim) if kind.endswith("link") else ""
        archive.addfile(member)
    assert_nothing_restored(restore(file, data, check=False), data, "cannot be restored")
    assert not victim.exists()


def test_what_is_no_backup_is_refused(tmp_path):
    data = tmp_path / "restored"
    for content in [b"", b"my diary", os.urandom(5000), b"\0" * 10240]:
        file = tmp_path / "file"
        file.write_bytes(content)
        assert_nothing_restored(restore(file, data, check=False), data)
    assert_nothing_restored(restore(tmp_path / "nowhere", data, check=False), data, "nowhere")
    assert_nothing_restored(restore(tmp_path, data, check=False), data)


def test_a_restore_writes_over_nothing(backup, used, tmp_path):
    used.start()
    for data in [used.data, tmp_path]:
        done = restore(backup, data, check=False)
        assert done.returncode == 1
        assert "not an empty folder" in done.stderr
    assert used.infer("iris", INPUT)[0] == 200
    empty = tmp_path / "empty"
    empty.mkdir()
    restore(backup, empty)


def test_a_damaged_database_is_refused_with_the_way_back(used, backup, tmp_path):
    database = used.data / "slipway.db"
    content = bytearray(database.read_bytes())
    content[100:300] = b"\xff" * 200  # the root of the first page, behind the file's own header
    database.write_bytes(content)
    # A killed server leaves a log in which everything may still stand.
    (used.data / "slipway.db-wal").unlink(missing_ok=True)
    assert_refused(serve(used.data), "cannot be used", "slipway restore BACKUP --data-dir NEW")
    restore(backup, tmp_path / "new")
    used.data = tmp_path / "new"
    used.start()
    assert used.infer("iris", INPUT)[0] == 200


# No room ---------------------------------------------------------------------------------------------------------


def test_a_full_disk_at_the_server_or_the_client_leaves_the_old_backup(tmp_path):
    with mounted(tmp_path / "disk", "size=24m"):
        server = SlipwayServer(tmp_path / "disk" / "data", log=tmp_path / "small.log").start()
        try:
            server.deploy(IRIS, "iris")
            upload(server, os.urandom(4 << 20))
            file = tmp_path / "disk" / "backup.tar"
            server.cli("backup", file)
            content = file.read_bytes()
            with Filler(server, left=1 << 20):
                done = server.cli("backup", file, check=False)
                assert done.returncode == 1
                assert "room" in done.stderr
                assert file.read_bytes() == content
                assert [p.name for p in (tmp_path / "disk").glob("*.partial")] == []
                assert server.infer("iris", INPUT)[0] == 200
            with Filler(server):
                # Not even the copy of the database fits.
                done = server.cli("backup", tmp_path / "elsewhere.tar", check=False)
                assert done.returncode == 1
                assert "room" in done.stderr
                assert not (tmp_path / "elsewhere.tar").exists()
                assert list((server.data / "tmp").iterdir()) == []
                full = restore(file, tmp_path / "disk" / "restored", check=False)
                assert full.returncode == 1
                assert "room" in full.stderr
                assert not (tmp_path / "disk" / "restored").exists()
                assert list((tmp_path / "disk").glob("*.restoring")) == []
            server.cli("backup", file)
            restore(file, tmp_path / "restored")
        finally:
            server.kill()


# kill -9 ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(tmp_path):
    base = SlipwayServer(tmp_path / "base", flags=["--no-supervisor"], log=tmp_path / "base.log").start()
    base.deploy(IRIS, "iris")
    assert base.terminate() == 0
    return World(tmp_path, tmp_path / "base")


def test_a_server_killed_at_any_system_call_of_a_backup_leaves_no_file_of_it(world):
    file = world.folder / "backup.tar"

    def operation(server):
        file.unlink(missing_ok=True)
        server.cli("backup", file)

    def check(server, acknowledged, context):
        if acknowledged:
            assert file.exists(), context
        if file.exists():
            shutil.rmtree(world.folder / "restored", ignore_errors=True)
            restore(file, world.folder / "restored")
        assert list(world.folder.glob("backup.tar.partial")) == [], context
        assert list((server.data / "tmp").iterdir()) == [], context
        assert server.infer("iris", INPUT)[0] == 200, context

    server_crashes(world, operation, check)


CALLS = ["openat", "fsync", "fdatasync", "rename", "renameat", "renameat2", "ftruncate", "flock", "fchmod", "mkdir",
         "unlink", "unlinkat", "close", "write", "pwrite64"]


def test_a_backup_command_killed_at_any_system_call_leaves_the_old_file_or_the_new(world):
    server = world.server()
    file = world.folder / "backup.tar"
    server.cli("backup", file)
    old = file.read_bytes()
    count = 0

    def check(code, context):
        nonlocal old, count
        now = file.read_bytes()
        if code == 0 or now != old:
            shutil.rmtree(world.folder / "restored", ignore_errors=True)
            restore(file, world.folder / "restored")
            old = now
        count += 1
        if count % 10 == 0:
            server.cli("backup", file)
            old = file.read_bytes()
            assert list(world.folder.glob("*.partial")) == [], context

    command_crashes(
        world.folder, [BINARY, "backup", file, "--server", server.url], check,
        [c for c in CALLS if c not in ("close", "write")])
    server.cli("backup", file)
    assert list(world.folder.glob("*.partial")) == []


def test_a_restore_killed_at_any_system_call_makes_a_whole_folder_or_none(world):
    server = world.server()
    file = world.folder / "backup.tar"
    server.cli("backup", file)
    server.kill()
    data = world.folder / "restored"

    def prepare():
        shutil.rmtree(data, ignore_errors=True)

    def check(code, context):
        if code == 0:
            assert data.exists(), context
        if not data.exists():
            # The retry finds what the killed one left, and is done with it.
            restore(file, data)
        assert list(world.folder.glob("restored.restoring")) == [], context
        done = subprocess.run(
            [str(BINARY), "doctor", "--verify", "--data-dir", str(data), "--server", "http://127.0.0.1:1"],
            capture_output=True, text=True, env=environment(), timeout=60)
        assert "intact" in done.stdout, (context, done.stdout)

    command_crashes(
        world.folder, [BINARY, "restore", file, "--data-dir", data], check,
        [c for c in CALLS if c not in ("close", "write", "openat")], prepare)
