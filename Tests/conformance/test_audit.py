"""What was done and who asked: listed, proved, exported; a changed byte and a tail that was cut off are found."""

import contextlib
import json
import sqlite3

import pytest

from slipway_server import REPOSITORY, SlipwayServer, wait_until
from test_storage_faults import assert_refused, serve

IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"


@pytest.fixture
def busy(new_server):
    """A server that did a few things."""
    server = new_server("busy")
    server.deploy(IRIS, "iris")
    server.cli("deployment", "delete", "iris")
    server.cli("model", "delete", "iris:1")
    return server


def actions(events):
    return [f"{e['action']} {e['subject']}" for e in events]


def test_list_is_newest_first_and_narrowed(busy):
    everything = ["version.delete iris:1", "deployment.delete iris", "deployment.deploy iris", "version.push iris:1"]
    assert actions(busy.cli_json("audit", "list")) == everything
    assert actions(busy.cli_json("audit", "list", "--space", "default")) == everything
    assert actions(busy.cli_json("audit", "list", "--action", "deployment")) == everything[1:3]
    assert actions(busy.cli_json("audit", "list", "--subject", "iris:1")) == [everything[0], everything[3]]
    assert actions(busy.cli_json("audit", "list", "--limit", "1")) == everything[:1]
    assert actions(busy.cli_json("audit", "list", "--since", "1h")) == everything
    assert busy.cli_json("audit", "list", "--until", "1h") == []
    assert busy.cli_json("audit", "list", "--principal", "nobody") == []
    table = busy.cli("audit", "list", "--limit", "2")
    assert table.stdout.splitlines()[0].split() == ["EVENT", "WHEN", "BY", "SPACE", "ACTION", "SUBJECT", "DETAIL"]
    assert "there are more" in table.stderr


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=2026-02-30", "order=random", "limit=0", "after=x", "acton=version.push"])
def test_a_query_that_means_nothing_is_refused(busy, query):
    status, answer = busy.json("GET", f"/api/v1/audit?{query}")
    assert (status, answer["code"]) == (400, "invalid"), answer


def test_an_unknown_space_is_not_found(busy):
    assert busy.json("GET", "/api/v1/spaces/nowhere/audit")[0] == 404
    assert busy.cli("audit", "list", "--space", "nowhere", check=False).returncode == 1


def test_an_age_that_is_none_is_wrong_usage(busy):
    assert busy.cli("audit", "list", "--since", "soon", check=False).returncode == 64


def test_verify_and_export_agree_and_need_no_server(busy, tmp_path):
    report = busy.cli_json("audit", "verify")
    assert (report["events"], report["problems"]) == (4, [])
    assert report["heads"] >= 0
    trail = tmp_path / "trail.jsonl"
    busy.cli("audit", "export", trail)
    assert trail.stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob("*.partial")) == []
    lines = [json.loads(line) for line in trail.read_text().splitlines()]
    assert [line.get("sequence") for line in lines] == [1, 2, 3, 4, None]
    key = busy.json("GET", "/api/v1/audit/key")[1]
    assert key["algorithm"] == "Ed25519"
    assert lines[-1]["head"]["key"] == key["key"]
    busy.kill()
    offline = busy.cli_json("audit", "verify", "--file", trail, "--key", key["key"])
    assert (offline["events"], offline["problems"], offline["lastHead"]["sequence"]) == (4, [], 4)
    other = busy.cli("audit", "verify", "--file", trail, "--key", "ab" * 32, check=False)
    assert other.returncode == 1
    assert "another key" in other.stdout


def test_another_implementation_proves_the_export(busy, tmp_path):
    """SHA-256 and Ed25519 as Python has them."""
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    import datetime
    import hashlib

    trail = tmp_path / "trail.jsonl"
    busy.cli("audit", "export", trail)
    *events, end = [json.loads(line) for line in trail.read_text().splitlines()]
    last = "0" * 64
    for event in events:
        at = datetime.datetime.fromisoformat(event["at"].replace("Z", "+00:00"))
        micros = (at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)
        fields = [last, event["sequence"], micros, *(event[k] for k in ["principal", "space", "action", "subject"]),
                  event["detail"], event["generation"]]  # fmt: skip
        text = b"".join(b"%d:%s" % (len(str(f).encode()), str(f).encode()) for f in fields)
        last = hashlib.sha256(text).hexdigest()
        assert event["hash"] == last
    head = end["head"]
    message = f"slipway-audit-head-1\n{head['sequence']}\n{head['hash']}\n{head['generation']}\n{head['at']}\n"
    key = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(head["key"]))
    key.verify(bytes.fromhex(head["signature"]), message.encode())
    assert head["hash"] == last


def test_any_changed_byte_of_an_export_is_found(busy, tmp_path):
    trail = tmp_path / "trail.jsonl"
    busy.cli("audit", "export", trail)
    key = busy.json("GET", "/api/v1/audit/key")[1]["key"]
    clean = trail.read_bytes()
    for place in range(3, len(clean), 97):
        trail.write_bytes(clean[:place] + bytes([clean[place] ^ 1]) + clean[place + 1 :])
        done = busy.cli("audit", "verify", "--file", trail, "--key", key, check=False)
        assert done.returncode == 1, (place, done.stdout)
    lines = clean.splitlines(keepends=True)
    for cut in [clean[:-1], b"".join(lines[:-1]), b"".join(lines[1:]), b"".join(lines[:2] + lines[3:]),
                b"".join(lines[:3] + lines[4:]), b"", b"\n"]:  # fmt: skip
        trail.write_bytes(cut)
        assert busy.cli("audit", "verify", "--file", trail, "--key", key, check=False).returncode == 1, cut


def untie(data, *statements):
    """What somebody with a shell could do to the database: the triggers are taken away first."""
    with contextlib.closing(sqlite3.connect(data / "slipway.db")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]
        for name in names:
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            database.execute(statement)
        database.commit()


CUT = ["DELETE FROM audit_event WHERE sequence > 2", "UPDATE generation SET value = 2"]


def test_a_tail_that_was_cut_off_is_refused_at_the_start(busy):
    assert busy.terminate() == 0
    untie(busy.data, *CUT)
    assert_refused(serve(busy.data), "event 4", "missing from the end", "slipway restore")


def test_heads_are_kept_outside_and_tell_of_a_tail_that_was_cut_off_with_its_own_heads(new_server, tmp_path):
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    server = new_server("data", env={"SLIPWAY_AUDIT_HEADS_PATH": str(outside), "SLIPWAY_AUDIT_HEAD_SECONDS": "1"})
    server.deploy(IRIS, "iris")
    heads = outside / "audit-heads.jsonl"
    wait_until(lambda: heads.exists() and b'"sequence":2' in heads.read_bytes(), "a head of the second event")
    server.cli("deployment", "delete", "iris")
    assert server.terminate() == 0
    # The drain signs what came last.
    assert json.loads(heads.read_text().splitlines()[-1])["sequence"] == 3
    untie(server.data, *CUT)
    (server.data / "audit-heads.jsonl").unlink()
    server.start()
    assert "missing from the end" in server.log_text()
    done = server.cli("audit", "verify", check=False)
    assert done.returncode == 1
    assert "event 3 is missing from the end" in done.stdout
    assert "event 3 is missing from the end" in server.cli("doctor", "--verify", check=False).stdout


def test_one_changed_event_is_named(busy):
    assert busy.terminate() == 0
    untie(busy.data, "UPDATE audit_event SET principal = 'mallory' WHERE sequence = 2")
    busy.start()
    done = busy.cli("audit", "verify", check=False)
    assert done.returncode == 1
    assert "audit event 2 was changed after it was written" in done.stdout


def test_the_key_is_its_owners_alone_and_no_answer_has_it(busy, tmp_path):
    key = busy.data / "audit.key"
    assert key.stat().st_mode & 0o777 == 0o600
    secret = key.read_text().strip()
    assert len(secret) == 64
    trail = tmp_path / "trail.jsonl"
    busy.cli("audit", "export", trail)
    assert secret not in trail.read_text()
    for path in ["audit", "audit/key", "audit/head", "server", "status", "openapi.json"]:
        assert secret not in json.dumps(busy.json("GET", f"/api/v1/{path}")[1])
    assert secret not in json.dumps(busy.json("POST", "/api/v1/audit/verify")[1])
    assert secret not in busy.log_text()


# Who may see what --------------------------------------------------------------------------------------------------


def test_a_role_in_a_space_shows_what_was_done_there_and_nothing_else(new_server, tmp_path):
    from test_access import Guarded

    guarded = Guarded(new_server("data", "--auth"))
    guarded.cli("space", "create", "prod")
    guarded.deploy(IRIS, "iris")
    viewer = guarded.person("vic", "viewer")
    seen = guarded.cli_json("audit", "list", "--space", "default", key=viewer)
    assert "deployment.deploy iris" in actions(seen)
    assert {event["space"] for event in seen} == {"default"}
    # Another space is not there, and the whole server's trail is not theirs.
    hidden = guarded.cli("audit", "list", "--space", "prod", key=viewer, check=False)
    assert hidden.returncode == 1
    assert "there is no space 'prod'" in hidden.stderr
    for command in [["audit", "list"], ["audit", "verify"], ["audit", "export", tmp_path / "trail"],
                    ["backup", tmp_path / "backup.tar"], ["doctor", "--collect"], ["model", "delete", "iris:1"]]:  # fmt: skip
        assert guarded.cli(*command, key=viewer, check=False).returncode == 1, command
    assert list(tmp_path.glob("trail*")) == list(tmp_path.glob("backup*")) == []
    everything = guarded.cli_json("audit", "list", "--limit", "1000")
    assert "space.create prod" in actions(everything)
    assert guarded.cli_json("audit", "verify")["problems"] == []
    guarded.cli("backup", tmp_path / "backup.tar")


def test_without_a_key_there_is_nothing(new_server):
    from test_access import Guarded

    server = Guarded(new_server("data", "--auth")).server
    for method, path in [("GET", "audit"), ("GET", "audit/head"), ("GET", "audit/key"), ("POST", "audit/verify"),
                         ("GET", "spaces/default/audit"), ("GET", "backup"), ("POST", "collect"),
                         ("DELETE", "spaces/default/models/iris/versions/1")]:  # fmt: skip
        status, _, answer = server.request(method, f"/api/v1/{path}")
        assert status == 401, (path, answer)
