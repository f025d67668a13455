"""A data folder that cannot be used, is used already, is damaged, too new or full: said so, and nothing half-made."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import uuid

import pytest

from raw_http import Raw
from slipway_server import BINARY, REPOSITORY, SlipwayServer, environment, wait_gone, wait_until
from small_disk import Filler, mounted

IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"
API = "/api/v1/spaces/default"


def serve(data, *flags, prefix=(), binary=BINARY, env=None):
    """A server that is expected not to start."""
    return subprocess.run(
        [*map(str, prefix), str(binary), "serve", "--data-dir", str(data), "--port", "0", *flags], capture_output=True,
        text=True, timeout=30, stdin=subprocess.DEVNULL, env=environment(**(env or {})))


def assert_refused(result, *words):
    assert result.returncode == 78, result
    assert result.stderr.startswith("slipway: "), result.stderr
    for word in words:
        assert re.search(word, result.stderr), result.stderr


def snapshot(folder):
    """Every file below a folder with its bytes, and every folder. Left out: the lock, which says who looked last, and what
    SQLite keeps beside a database while somebody looks."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.name not in ("lock", "slipway.db-shm", "slipway.db-wal"):
            found[str(path.relative_to(folder))] = path.read_bytes() if path.is_file() else None
    return found


@pytest.fixture
def used(new_server):
    """A data folder with a model that is deployed, and nobody in it."""
    server = new_server("used")
    server.deploy(IRIS, "iris")
    assert server.terminate() == 0
    return server


def assert_serves_iris(server):
    inputs = [{"name": "features", "datatype": "FP32", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}]
    status, answer = server.infer("iris", inputs)
    assert (status, answer["outputs"][0]["data"]) == (200, [0])


# Who may use it --------------------------------------------------------------------------------------------------


@pytest.fixture
def nobody():
    """How to run a command as a user without rights, in a folder of that user's: (prefix, folder, binary)."""
    if os.geteuid() != 0:
        # Whoever runs the tests has no rights to begin with.
        with tempfile.TemporaryDirectory(prefix="slipway-nobody-") as folder:
            yield [], pathlib.Path(folder), BINARY
        return
    with tempfile.TemporaryDirectory(prefix="slipway-nobody-") as folder:
        os.chmod(folder, 0o777)
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        binary = pathlib.Path(BINARY)
        if subprocess.run([*prefix, str(binary), "version"], capture_output=True).returncode != 0:
            # It lies where only its owner may go; dynamic libraries are found by absolute paths.
            binary = pathlib.Path(folder) / "slipway"
            shutil.copy2(BINARY, binary)
        yield prefix, pathlib.Path(folder), binary


def test_a_data_folder_of_another_user_is_refused(nobody):
    prefix, folder, binary = nobody
    data = folder / "data"
    data.mkdir()
    data.chmod(0o555)
    assert_refused(serve(data, prefix=prefix, binary=binary), re.escape(str(data)), "ermission", "--data-dir")
    assert list(data.iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_refused(nobody):
    prefix, folder, binary = nobody
    closed = folder / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    assert_refused(serve(closed / "a" / "b", prefix=prefix, binary=binary), re.escape(str(closed)), "ermission")
    assert list(closed.iterdir()) == []


def test_files_that_cannot_be_written_are_refused(nobody, used):
    prefix, folder, binary = nobody
    data = folder / "data"
    shutil.copytree(used.data, data)
    data.chmod(0o777)
    for path in data.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o444)
    before = snapshot(data)
    assert_refused(serve(data, prefix=prefix, binary=binary), re.escape(str(data)))
    assert snapshot(data) == before


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    path = tmp_path / "data"
    path.write_text("my diary")
    assert_refused(serve(path), re.escape(str(path)), "[Nn]ot a directory")
    assert_refused(serve(path / "below"), re.escape(str(path)), "[Nn]ot a directory")
    assert path.read_text() == "my diary"


def test_a_file_system_that_is_read_only_is_refused(tmp_path):
    with mounted(tmp_path / "disk", "size=1m,ro"):
        assert_refused(serve(tmp_path / "disk"), "[Rr]ead-only", "--data-dir")


def test_what_is_made_is_for_the_owner_alone(used):
    for path in [used.data, *used.data.rglob("*")]:
        if path.is_dir():
            assert path.stat().st_mode & 0o077 == 0, path
    # Inside folders that nobody else can enter, the modes of files matter less; none is open to writers.
    for path in used.data.rglob("*"):
        assert path.stat().st_mode & 0o022 == 0, path


# Who uses it already ---------------------------------------------------------------------------------------------


def test_a_folder_in_use_is_refused_with_the_holder(used, tmp_path):
    used.start()
    (tmp_path / "link").symlink_to(used.data)
    holder = used.children()[0]
    for data, flags in [(used.data, []), (used.data, ["--no-supervisor"]), (tmp_path / "link", []),
                        (used.data.parent / "." / used.data.name, [])]:  # fmt: skip
        assert_refused(serve(data, *flags), "in use", str(holder), "--data-dir")
    assert_serves_iris(used)


def test_the_lock_of_a_killed_server_is_no_obstacle(used):
    used.start()
    used.kill()
    assert (used.data / "lock").exists()
    used.start()
    assert_serves_iris(used)


def test_a_child_that_lingers_does_not_let_a_second_server_in(used):
    """The supervisor is killed while its child has a request under way: the folder is still the child's."""
    used.start()
    child = used.children()[0]
    with Raw(used, timeout=30) as busy:
        busy.send(b"POST /v2/repository/index HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n")
        assert used.json("GET", "/v2/health/ready")[0] == 200
        used.process.kill()
        used.process.wait()
        assert_refused(serve(used.data), "in use", str(child))
        busy.send(b"{}")
        assert busy.answer().status == 200
    wait_gone(child, timeout=20)
    used.start()
    assert_serves_iris(used)


# What is in it ---------------------------------------------------------------------------------------------------


def edit(data, *statements):
    with contextlib.closing(sqlite3.connect(data / "slipway.db")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


@pytest.mark.parametrize(
    "statement",
    ["PRAGMA user_version = 999", "INSERT INTO grdb_migrations (identifier) VALUES ('999-from-the-future')"])
def test_a_newer_schema_is_refused_and_left_alone(used, statement):
    edit(used.data, statement)
    before = snapshot(used.data)
    for flags in [[], ["--no-supervisor"]]:
        assert_refused(serve(used.data, *flags), "newer Slipway", "schema", re.escape(str(used.data)))
    assert snapshot(used.data) == before


def damaged_header(database):
    database.write_bytes(b"not a database at all" + database.read_bytes()[21:])


def noise(database):
    database.write_bytes(os.urandom(8192))


def cut_off(database):
    content = database.read_bytes()
    database.write_bytes(content[: len(content) // 2])


def damaged_pages(database):
    content = bytearray(database.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = os.urandom(64)
    database.write_bytes(content)


def somebody_elses(database):
    database.unlink()
    with contextlib.closing(sqlite3.connect(database)) as other:
        other.execute("CREATE TABLE song (title TEXT)")
        other.commit()


@pytest.mark.parametrize("damage", [damaged_header, noise, cut_off, damaged_pages, somebody_elses])
def test_a_damaged_database_is_refused_and_left_alone(used, damage):
    damage(used.data / "slipway.db")
    before = snapshot(used.data)
    assert_refused(serve(used.data), r"slipway\.db", "cannot be used|corrupt|damaged", "backup")
    assert snapshot(used.data) == before


@pytest.mark.parametrize("damage", [pathlib.Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_lost_database_is_not_replaced_by_an_empty_one(used, damage):
    """An empty one would sweep the blobs away."""
    damage(used.data / "slipway.db")
    before = snapshot(used.data)
    assert_refused(serve(used.data), r"slipway\.db", "missing or empty", "backup")
    assert snapshot(used.data) == before


def test_a_folder_where_the_database_belongs_is_refused(used):
    (used.data / "slipway.db").unlink()
    (used.data / "slipway.db").mkdir()
    assert_refused(serve(used.data), re.escape(str(used.data)))


def rewrite_options(data, options):
    """As no server would: revisions are never changed. Returns what stood there."""
    with contextlib.closing(sqlite3.connect(data / "slipway.db", timeout=20)) as database:
        database.execute("DROP TRIGGER IF EXISTS revision_no_update")
        ((before,),) = database.execute("SELECT options FROM revision").fetchall()
        database.execute("UPDATE revision SET options = ?", [options])
        database.commit()
    return before


@pytest.mark.parametrize("flags", [(), ("--no-supervisor",)])
def test_a_start_that_cannot_read_what_is_committed_ends_and_says_why(used, flags):
    rewrite_options(used.data, "no options")
    result = serve(used.data, *flags)
    assert result.returncode == 78, result
    told = [line for line in result.stderr.splitlines() if "what is committed could not be brought back" in line]
    assert any(" error " in line and re.search(r"error\.message=\S", line) for line in told), result.stderr
    assert any(re.match("slipway: what is committed could not be brought back: .", line) for line in told), result.stderr
    assert "Nothing is deployed" not in result.stdout


def test_a_replacement_that_cannot_read_what_is_committed_is_tried_again(used):
    used.start()
    options = rewrite_options(used.data, "no options")
    child = used.children()[0]
    os.kill(child, signal.SIGKILL)
    wait_gone(child)
    wait_until(lambda: "could not be started again; trying once more" in used.log_text(), "a try", timeout=30)
    assert "what is committed could not be brought back" in used.log_text()
    rewrite_options(used.data, options)
    assert_serves_iris(used)


def test_what_a_crash_left_is_swept_and_what_is_known_stays(used):
    stray = used.data / "blobs" / "sha256" / "ab" / ("ab" * 32)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"half a blob")
    (used.data / "tmp" / "upload-1").write_bytes(b"half an upload")
    (used.data / "artifacts" / ("cd" * 32)).mkdir()
    (used.data / "mine.txt").write_text("not yours")
    used.start()
    assert not stray.exists()
    assert list((used.data / "tmp").iterdir()) == []
    assert not (used.data / "artifacts" / ("cd" * 32)).exists()
    assert (used.data / "mine.txt").read_text() == "not yours"
    assert_serves_iris(used)
    assert used.json("POST", "/api/v1/verify")[1]["problems"] == []


def test_a_layout_that_was_tampered_with_is_made_again(used):
    layout = next((used.data / "artifacts").iterdir())
    file = next(p for p in layout.rglob("*") if p.is_file())
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[:-1] + b"X")
    (layout / "extra.bin").write_bytes(b"x")
    used.start()
    assert_serves_iris(used)
    assert file.read_bytes() == content
    assert not (layout / "extra.bin").exists()


def test_the_audit_chain_tells_of_a_changed_event(used):
    with contextlib.closing(sqlite3.connect(used.data / "slipway.db")) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        table = next(name for name in tables if "audit" in name)
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?", [table]).fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute(f"UPDATE {table} SET {'action' if 'action' in columns else columns[-1]} = 'forged'")
        database.commit()
    used.start()
    problems = used.json("POST", "/api/v1/verify")[1]["problems"]
    assert any("audit" in p["subject"] + p["message"] for p in problems), problems
    assert used.cli("doctor", "--verify", check=False).returncode == 1


# No room ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path):
    """A server whose data folder has a disk of 24 MiB, with iris deployed."""
    with mounted(tmp_path / "disk", "size=24m"):
        server = SlipwayServer(tmp_path / "disk" / "data", log=tmp_path / "small.log")
        server.start()
        server.deploy(IRIS, "iris")
        try:
            yield server
        finally:
            server.kill()


def upload(server, content, chunked=False):
    digest = hashlib.sha256(content).hexdigest()
    path = f"{API}/blobs/{digest}"
    if not chunked:
        return server.json("PUT", path, content)
    with Raw(server) as raw:
        raw.send(f"PUT {path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for start in range(0, len(content), 1 << 16):
            piece = content[start : start + (1 << 16)]
            if not raw.send_quietly(b"%x\r\n%s\r\n" % (len(piece), piece)):
                break
        raw.send_quietly(b"0\r\n\r\n")
        answer = raw.answer()
        return answer.status, json.loads(answer.body)


def push(server, content, name, key):
    entry = {"path": "model.onnx", "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    return server.json(
        "POST", f"{API}/models/{name}/versions", {"files": [entry]},
        {"Content-Type": "application/json", "Idempotency-Key": key})


def assert_no_room(status, answer):
    assert (status, answer["code"]) == (507, "storage_full"), answer
    assert "room" in answer["error"], answer
    assert answer["hint"]


def assert_nothing_half_made(server, *names):
    assert list((server.data / "tmp").iterdir()) == []
    for name in names:
        assert server.json("GET", f"{API}/models/{name}")[0] == 404
    assert server.json("POST", "/api/v1/verify")[1]["problems"] == []


def test_an_upload_that_cannot_fit_is_refused_at_once(small):
    content = os.urandom(30 << 20)
    assert_no_room(*upload(small, content))
    assert_nothing_half_made(small)
    assert_serves_iris(small)


def test_an_upload_of_unknown_size_is_refused_when_the_disk_is_full(small):
    content = os.urandom(30 << 20)
    assert_no_room(*upload(small, content, chunked=True))
    assert_nothing_half_made(small)
    assert_serves_iris(small)


def test_the_command_line_says_that_there_is_no_room_and_a_retry_works(small, tmp_path, models):
    """A folder with a large file: its upload fails half-way, then there is room."""
    folder = tmp_path / "big"
    shutil.copytree(models / "external_data", folder)
    (folder / "notes.bin").write_bytes(os.urandom(8 << 20))
    with Filler(small, left=4 << 20):
        result = small.cli("model", "push", folder, "--name", "big", check=False)
        assert result.returncode == 1
        assert "room" in result.stderr, result.stderr
        assert_nothing_half_made(small, "big")
        assert_serves_iris(small)
    small.cli("model", "push", folder, "--name", "big")
    small.cli("deploy", "big")
    assert_nothing_half_made(small)


@pytest.mark.parametrize("left", [0, 4096, 16 << 10, 64 << 10, 256 << 10, 1 << 20])
def test_a_push_without_room_makes_nothing_and_its_retry_converges(small, models, left):
    """Whatever is the last thing that fits: the blob, the row, the layout or none."""
    content = (models / "addsub.onnx").read_bytes()
    # Metadata of 300 KB, so that the file is large enough to fail half-way: StringStringEntryProto of key "notes".
    entry = field(1, b"notes") + field(2, b"n" * 300_000)
    content += field(14, entry)
    key = str(uuid.uuid4())
    with Filler(small, left=left):
        status, answer = upload(small, content)
        if status == 200:
            status, answer = push(small, content, "big", key)
        if status not in (200, 201):
            assert_no_room(status, answer)
            assert_nothing_half_made(small, "big")
        assert_serves_iris(small)
        assert small.json("GET", "/api/v1/status")[0] == 200
    status, answer = upload(small, content)
    assert status == 200, answer
    status, answer = push(small, content, "big", key)
    assert status in (200, 201), answer
    assert answer["version"]["version"] == 1
    status, answer = small.json(
        "PUT", f"{API}/deployments/big", {"model": "big"}, {"Content-Type": "application/json"})
    assert status == 200, answer
    assert_nothing_half_made(small)


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(encoded + bytes([number]))


def test_a_deploy_without_room_leaves_the_old_version_serving(small, models):
    small.cli("model", "push", models / "identity_fp32.onnx", "--name", "steady")
    small.cli("deploy", "steady")
    small.cli("model", "push", models / "identity_fp64.onnx", "--name", "steady")
    key = str(uuid.uuid4())

    def deploy():
        return small.json(
            "PUT", f"{API}/deployments/steady", {"model": "steady", "version": 2},
            {"Content-Type": "application/json", "Idempotency-Key": key})

    # The write-ahead log may have room of its own from before: it is folded in by a restart.
    assert small.terminate() == 0
    with Filler(small, left=96 << 10):
        small.start()
    with Filler(small):
        status, answer = deploy()
        assert status in (200, 507), answer
        if status == 507:
            assert_no_room(status, answer)
            assert small.json("GET", "/v2/models/steady")[1]["versions"] == ["1"]
        assert_serves_iris(small)
    status, answer = deploy()
    assert (status, answer["version"]) == (200, 2), answer
    assert small.json("GET", "/v2/models/steady")[1]["versions"] == ["2"]
    assert_nothing_half_made(small)


def test_a_server_killed_on_a_full_disk_comes_back(small, models):
    with Filler(small):
        upload(small, os.urandom(100_000))
        small.kill()
    small.start()
    assert_serves_iris(small)
    assert_nothing_half_made(small)


def test_a_full_disk_at_the_start_is_said(small):
    """It may come up and serve what there is, or say that there is no room; it must not lose anything."""
    assert small.terminate() == 0
    with Filler(small):
        with small.log.open("ab") as log:
            process = subprocess.Popen(
                [str(BINARY), "serve", "--data-dir", str(small.data), "--port", str(small.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment())
        small.process = process
        try:
            small.wait_ready()
            assert_serves_iris(small)
            assert small.terminate() == 0
        except AssertionError:
            assert process.wait(20) == 78
            assert "room" in small.log_text(), small.log_text()
    small.start()
    assert_serves_iris(small)
    assert_nothing_half_made(small)


def test_a_promotion_on_a_full_disk_is_decided_wholly_or_not_at_all(small, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("promotesFrom: [default]\napprovals: {count: 1, fourEyes: false}\n")
    small.cli("space", "create", "prod")
    small.cli("space", "set-policy", "prod", "--file", policy)
    small.push_file(IRIS, "other")

    def decide(*words, check=True):
        return small.cli("promotion", *words, "--space", "prod", check=check)

    def ask(version, check=True):
        return small.cli("promote", version, "--from", "default", "--to", "prod", "--no-wait", check=check)

    def state():
        items = small.json("GET", "/api/v1/spaces/prod/promotions")[1]["items"]
        return {item["number"]: item["state"] for item in items}

    def is_there(model):
        return small.json("GET", f"/api/v1/spaces/prod/models/{model}/versions")[0] == 200

    ask("iris:1")
    with Filler(small):
        for refused in (decide("approve", 1, check=False), decide("withdraw", 1, check=False), ask("other:1", check=False)):
            assert refused.returncode == 1
            assert "room" in refused.stderr, refused.stderr
        assert state() == {1: "awaitingApproval"}
        assert not is_there("iris")
        assert_serves_iris(small)
    decide("approve", 1)
    ask("other:1")
    assert state() == {1: "applied", 2: "awaitingApproval"}
    assert is_there("iris") and not is_there("other")
    assert small.json("POST", "/api/v1/verify")[1]["problems"] == []
    assert "intact" in small.cli("audit", "verify").stdout
