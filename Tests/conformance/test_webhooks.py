"""Webhooks of lifecycle events on a real server: what is sent, to whom, how often, and what happens when it does not arrive."""

import json
import pathlib
import re
import subprocess
import time

import pytest

import rollout_models
from certificates import Authority
from slipway_server import wait_until
from webhook_receiver import Receiver, data

LOOPBACK = {"SLIPWAY_WEBHOOK_ALLOW": "127.0.0.0/8"}
API = "/api/v1/spaces/default"


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def hook(server, name, url, events=None, base=API, **extra):
    body = {"name": name, "url": url} | ({"events": events} if events else {}) | extra
    status, answer = server.json("POST", base + "/webhooks", body)
    assert status == 201, answer
    return answer


def show(server, name, base=API):
    return server.json("GET", f"{base}/webhooks/{name}")[1]


def secret_of(server, *flags):
    return server.cli("webhook", "secret", *flags).stdout.strip()


def types(events):
    return [event["type"].removeprefix("slipway.") for event in events]


def test_what_happens_is_told_signed_and_in_order(new_server, tmp_path, receiver):
    server = new_server("data", env=LOOPBACK)
    made = server.cli_json("webhook", "create", "ci", "--url", receiver.url, "--events", "version.*,deployment.*,rollout.*")
    assert made["events"] == ["version.*", "deployment.*", "rollout.*"] and made["state"] == "active"
    assert "/hook" not in made["target"]
    server.push_file(rollout_models.sound(tmp_path, 1), "orders")
    server.push_file(rollout_models.sound(tmp_path, 2), "orders")
    server.put_deployment("orders", "orders", 1)
    server.put_deployment("orders", "orders", 2, watchSeconds=0)
    server.cli("rollback", "orders")
    assert server.request("DELETE", f"{API}/deployments/orders")[0] == 200
    server.put_deployment("orders", "orders", 1)
    wait_until(lambda: len(receiver.messages) >= 7, "the messages", 30)
    events = receiver.events(secret_of(server))
    of_endpoint = [event for event in events if event["subject"] == "deployments/orders"]
    assert [t for t in types(of_endpoint) if t.startswith("deployment.")] == [
        "deployment.created", "deployment.updated", "deployment.rolledBack", "deployment.deleted", "deployment.created"]
    pushed = [event for event in events if event["type"] == "slipway.version.pushed"]
    assert sorted(event["subject"] for event in pushed) == ["models/orders/versions/1", "models/orders/versions/2"]
    # Each is an event of the audit, whose own words are its data.
    audit = {event["sequence"]: event for event in server.cli_json("audit", "list")}
    for event in events:
        told = data(event)
        known = audit[told["sequence"]]
        assert (told["action"], told["by"], told["space"]) == (known["action"], known["principal"], known["space"])
        assert event["id"].startswith(f"audit-{told['sequence']}-") and event["source"] == API
    updated = next(event for event in of_endpoint if event["type"].endswith("updated"))
    assert data(updated)["detail"]["before"] == "orders:1" and data(updated)["detail"]["version"] == "orders:2"
    log = server.cli_json("webhook", "deliveries", "ci")
    assert {d["state"] for d in log} == {"delivered"} and len(log) == len(receiver.messages)
    assert server.cli("audit", "verify").returncode == 0


def test_no_event_is_lost_or_told_under_two_ids_over_kill_9(new_server, tmp_path):
    """The server is killed again and again while it tells of what happens, and the receiver is away half of the time."""
    receiver = Receiver()
    port = receiver.port
    server = new_server("data", env=LOOPBACK)
    hook(server, "ci", receiver.url, ["version.pushed", "space.*"], base="/api/v1")
    secret = secret_of(server, "--all-spaces")
    # One that is closed still hears what comes over connections that were open: all are asked at the end.
    receivers, expected = [receiver], []
    for number in range(6):
        if number % 2:
            receiver.close()
        for step in range(4):
            name = f"s{number}-{step}"
            assert server.json("POST", "/api/v1/spaces", {"name": name})[0] == 201
            expected.append(f"spaces/{name}")
        server.kill()
        if number % 2:
            receiver = Receiver(port=port)
            receivers.append(receiver)
        server.start()
    wait_until(lambda: show(server, "ci", "/api/v1")["pending"] == 0, "the end of the queue", 60)
    receiver.close()
    seen = [message for one in receivers for message in one.messages]
    events = [Receiver.event(message, secret) for message in seen]
    ids = {}
    for event in events:
        ids.setdefault(event["subject"], set()).add(event["id"])
    assert set(ids) == set(expected) and all(len(known) == 1 for known in ids.values()), ids
    # What was told twice is what the kill cut off between the answer and the note of it: the same bytes.
    bodies = {}
    for _, body in seen:
        bodies.setdefault(json.loads(body)["id"], set()).add(body)
    assert all(len(known) == 1 for known in bodies.values())


def test_a_space_hears_only_its_own_and_a_promotion_in_both(new_server, tmp_path):
    here, there, everywhere = Receiver(), Receiver(), Receiver()
    try:
        server = new_server("data", env=LOOPBACK)
        server.cli("space", "create", "prod")
        hook(server, "here", here.url)
        hook(server, "there", there.url, base="/api/v1/spaces/prod")
        hook(server, "everywhere", everywhere.url, base="/api/v1")
        server.push_file(rollout_models.sound(tmp_path, 1), "orders")
        status, answer = server.json(
            "PUT", "/api/v1/spaces/prod/policy", {"promotesFrom": ["default"]}, {"Content-Type": "application/json"})
        assert status == 200, answer
        status, answer = server.json(
            "POST", f"{API}/promotions", {"model": "orders", "version": 1, "to": "prod"})
        assert status == 201, answer
        key = server.cli("key", "create", "--principal", "robot").stdout.strip()
        wait_until(lambda: "promotion.applied" in types(here.events(secret_of(server))), "the promotion", 30)
        wait_until(lambda: "promotion.applied" in types(there.events(secret_of(server, "--space", "prod"))), "it there", 30)
        wait_until(
            lambda: "key.created" in types(everywhere.events(secret_of(server, "--all-spaces"))), "the key", 30)
        for event in there.events(secret_of(server, "--space", "prod")):
            told = data(event)
            assert told["space"] == "prod" or told["detail"]["to"] == "prod", told
        assert "version.pushed" not in types(there.events(secret_of(server, "--space", "prod")))
        assert "key.created" not in types(here.events(secret_of(server)) + there.events(secret_of(server, "--space", "prod")))
        # No secret of any kind leaves with an event.
        sent = b"".join(body for receiver in (here, there, everywhere) for _, body in receiver.messages).decode()
        assert key.startswith("slw_") and "slw_" not in sent and "whsec_" not in sent
    finally:
        for receiver in (here, there, everywhere):
            receiver.close()


def test_a_webhook_that_fails_for_long_is_paused_says_so_and_loses_nothing(new_server, tmp_path):
    receiver = Receiver(status=500)
    try:
        server = new_server("data", env=LOOPBACK | {"SLIPWAY_WEBHOOK_PAUSE_AFTER_SECONDS": "1"})
        hook(server, "ci", receiver.url, ["space.created"], base="/api/v1")
        assert server.json("POST", "/api/v1/spaces", {"name": "one"})[0] == 201
        wait_until(lambda: show(server, "ci", "/api/v1")["state"] == "paused", "the pause", 40)
        standing = show(server, "ci", "/api/v1")
        assert standing["pausedBy"] == "server" and "status 500" in standing["reason"] and standing["pending"] == 1
        assert "paused by server" in server.cli("webhook", "list", "--all-spaces").stdout
        (event,) = [e for e in server.cli_json("audit", "list") if e["action"] == "webhook.pause"]
        assert event["principal"] == "server" and "/hook" not in json.dumps(event)
        before = len(receiver.messages)
        assert server.json("POST", "/api/v1/spaces", {"name": "two"})[0] == 201
        # Over a restart it stays paused, and is left alone.
        server.terminate()
        server.start()
        receiver.status = 200
        tested = server.cli_json("webhook", "test", "ci", "--all-spaces")
        assert tested["state"] == "delivered" and show(server, "ci", "/api/v1")["state"] == "paused"
        assert len(receiver.messages) == before + 1
        assert server.cli_json("webhook", "resume", "ci", "--all-spaces")["state"] == "active"
        wait_until(lambda: len(receiver.messages) == before + 3, "what waited", 30)
        events = receiver.events(secret_of(server, "--all-spaces"))[before:]
        assert types(events) == ["webhook.test", "space.created", "space.created"]
        assert {event["subject"] for event in events[1:]} == {"spaces/one", "spaces/two"}
        wait_until(lambda: show(server, "ci", "/api/v1")["pending"] == 0, "the end", 10)
        assert "failingSince" not in show(server, "ci", "/api/v1")
    finally:
        receiver.close()


def test_events_about_one_thing_come_in_order_though_the_first_fails(new_server, tmp_path):
    receiver = Receiver(status=503)
    try:
        server = new_server("data", env=LOOPBACK)
        hook(server, "ci", receiver.url, ["deployment.*"])
        server.push_file(rollout_models.sound(tmp_path, 1), "orders")
        server.put_deployment("orders", "orders")
        server.request("DELETE", f"{API}/deployments/orders")
        wait_until(lambda: receiver.messages, "the first attempt", 30)
        receiver.status = 200
        before = len(receiver.messages)
        wait_until(lambda: len(receiver.messages) >= before + 2, "both", 40)
        told = types(receiver.events(secret_of(server)))
        assert set(told[:before]) == {"deployment.created"}
        assert told[before:] == ["deployment.created", "deployment.deleted"]
    finally:
        receiver.close()


def test_pause_update_redeliver_and_delete(new_server, receiver):
    server = new_server("data", env=LOOPBACK)
    hook(server, "ci", receiver.url, ["space.*"], base="/api/v1")
    paused = server.cli_json("webhook", "pause", "ci", "--reason", "moving", "--all-spaces")
    assert (paused["state"], paused["reason"], paused["pausedBy"]) == ("paused", "moving", "local")
    assert server.json("POST", "/api/v1/spaces", {"name": "one"})[0] == 201
    server.cli("webhook", "resume", "ci", "--from-now", "--all-spaces")
    assert server.json("POST", "/api/v1/spaces", {"name": "two"})[0] == 201
    wait_until(lambda: receiver.messages, "a message", 30)
    wait_until(lambda: show(server, "ci", "/api/v1")["pending"] == 0, "its note", 10)
    (event,) = receiver.events(secret_of(server, "--all-spaces"))
    assert event["subject"] == "spaces/two"
    (delivery,) = server.cli_json("webhook", "deliveries", "--all-spaces")
    status, shown = server.json("GET", f"/api/v1/webhook-deliveries/{delivery['delivery']}")
    assert status == 200 and json.loads(shown["body"])["id"] == event["id"]
    again = server.cli_json("webhook", "redeliver", str(delivery["delivery"]), "--all-spaces")
    assert again["event"] == event["id"] and again["delivery"] != delivery["delivery"]
    wait_until(lambda: len(receiver.messages) == 2, "it again", 30)
    assert receiver.messages[0][1] == receiver.messages[1][1]
    # Somebody else's change is not overwritten.
    status, answer = server.json(
        "PUT", "/api/v1/webhooks/ci", {"events": ["alert.*"]}, {"If-Match": '"7"'})
    assert status == 412 and "revision 1" in answer["error"]
    now = server.cli_json("webhook", "update", "ci", "--events", "alert.*", "--all-spaces")
    assert (now["events"], now["revision"]) == (["alert.*"], 2)
    server.cli("webhook", "delete", "ci", "--all-spaces")
    assert server.json("GET", "/api/v1/webhooks/ci")[0] == 404
    assert server.cli_json("webhook", "list", "--all-spaces") == []
    actions = [e["action"] for e in reversed(server.cli_json("audit", "list")) if e["action"].startswith("webhook.")]
    assert actions == ["webhook.create", "webhook.pause", "webhook.resume", "webhook.redeliver", "webhook.update",
                       "webhook.delete"]


def test_an_alert_of_the_audit_has_its_evidence(new_server, tmp_path, receiver):
    server = new_server("data", env=LOOPBACK)
    hook(server, "ops", receiver.url, ["alert.*"])
    server.push_file(rollout_models.sound(tmp_path, 1), "orders")
    server.put_deployment("orders", "orders")
    rule = {"name": "errors", "short": "20s", "long": "20s", "minimum": 5, "resolveAfter": "1h"}
    status, answer = server.json(
        "PUT", f"{API}/deployments/orders/monitor", {"alerts": {"rules": [rule], "notify": []}},
        {"Content-Type": "application/json"})
    assert status == 200, answer
    assert server.request("POST", "/v2/repository/models/orders/unload")[0] == 200
    good = {"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [0.5] * 4}
    for _ in range(20):
        assert server.infer("orders", [good])[0] == 503
    wait_until(lambda: receiver.messages, "the alert", 30)
    (event,) = receiver.events(secret_of(server))
    told = data(event)
    assert (event["type"], event["subject"]) == ("slipway.alert.fired", "alerts/1")
    assert event["source"] == f"{API}/deployments/orders"
    assert told["rule"] == "errors" and told["state"] == "firing" and told["evidence"]["figures"]
    assert told["action"] == "alert.fired" and told["by"] == "slipway"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254", "[fe80::1]", "[::ffff:127.0.0.1]"])
def test_an_address_that_is_never_called_is_refused_at_once(server, host):
    status, answer = server.json("POST", f"{API}/webhooks", {"name": "x", "url": f"http://{host}/"})
    assert status == 403, answer
    assert answer["field"] == "url" and "webhook_allow" in answer["hint"]


def test_a_name_that_means_such_an_address_pauses_the_webhook(new_server, receiver):
    server = new_server("data")
    hook(server, "ci", f"http://localhost:{receiver.port}/", ["space.*"], base="/api/v1")
    assert server.json("POST", "/api/v1/spaces", {"name": "one"})[0] == 201
    wait_until(lambda: show(server, "ci", "/api/v1")["state"] == "paused", "the pause", 30)
    assert "loopback" in show(server, "ci", "/api/v1")["reason"] and not receiver.messages
    refused = server.cli("webhook", "test", "ci", "--all-spaces", check=False)
    assert refused.returncode == 1 and "loopback" in refused.stdout


def test_a_redirect_does_not_lead_inside(new_server, receiver):
    outer = Receiver(host="127.0.0.2", status=307, location=receiver.url)
    try:
        server = new_server("data", env={"SLIPWAY_WEBHOOK_ALLOW": "127.0.0.2/32"})
        hook(server, "ci", outer.url, ["space.*"], base="/api/v1")
        assert server.json("POST", "/api/v1/spaces", {"name": "one"})[0] == 201
        wait_until(lambda: outer.messages, "the attempt", 30)
        wait_until(lambda: "redirect" in show(server, "ci", "/api/v1").get("lastFailure", ""), "its note", 30)
        assert not receiver.messages
    finally:
        outer.close()


def test_a_name_that_is_bound_anew_does_not_lead_inside(new_server, tmp_path):
    library = tmp_path / "rebinding.so"
    source = pathlib.Path(__file__).parent / "rebinding.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    inner = Receiver()
    outer = Receiver(host="127.0.0.2", port=inner.port)
    try:
        server = new_server("data", env={"LD_PRELOAD": str(library), "SLIPWAY_WEBHOOK_ALLOW": "127.0.0.2/32"})
        hook(server, "ci", f"http://rebind.test:{inner.port}/", ["space.*"], base="/api/v1")
        for name in ("one", "two"):
            assert server.json("POST", "/api/v1/spaces", {"name": name})[0] == 201
            wait_until(lambda: outer.messages, "the first", 30)
        wait_until(lambda: show(server, "ci", "/api/v1")["state"] == "paused", "the pause", 30)
        assert len(outer.messages) == 1 and not inner.messages
        assert "loopback" in show(server, "ci", "/api/v1")["reason"]
    finally:
        inner.close()
        outer.close()


def test_events_go_over_tls_to_whom_an_authority_of_ones_own_vouches_for(new_server, tmp_path):
    authority = Authority(tmp_path)
    made, key = authority("receiver", "DNS:localhost")
    receiver = Receiver(certificate=(made, key))
    try:
        server = new_server("data", env=LOOPBACK | {"SLIPWAY_WEBHOOK_CA_CERT": str(authority.ca)})
        hook(server, "ci", f"https://localhost:{receiver.port}/hook", ["space.*"], base="/api/v1")
        # Whom the certificate does not name is not talked to, though the authority is the same.
        hook(server, "other", f"https://127.0.0.1:{receiver.port}/hook", ["space.*"], base="/api/v1")
        assert server.json("POST", "/api/v1/spaces", {"name": "one"})[0] == 201
        wait_until(lambda: receiver.messages, "the message", 30)
        (event,) = receiver.events(secret_of(server, "--all-spaces"))
        assert event["subject"] == "spaces/one"
        wait_until(lambda: "failingSince" in show(server, "other", "/api/v1"), "the other's failure", 30)
        assert "certificate" in show(server, "other", "/api/v1")["lastFailure"]
        assert len(receiver.messages) == 1
        # Without the authority nobody vouches for it.
        server.terminate()
        del server.env["SLIPWAY_WEBHOOK_CA_CERT"]
        server.start()
        refused = server.cli("webhook", "test", "ci", "--all-spaces", check=False)
        assert refused.returncode == 1 and "certificate" in refused.stdout and len(receiver.messages) == 1
    finally:
        receiver.close()


def test_webhooks_are_for_who_may_have_them(new_server):
    server = new_server("data", "--auth")
    owner = {"SLIPWAY_TOKEN": re.search(r"slw_\S+", server.log_text())[0]}
    keys = {}
    for name, role in (("vera", "viewer"), ("dora", "developer"), ("otto", "operator")):
        server.cli("member", "add", name, "--role", role, env=owner)
        keys[name] = {"SLIPWAY_TOKEN": server.cli("key", "create", "--principal", name, env=owner).stdout.strip()}
    url = "https://example.invalid/hook"
    assert server.cli("webhook", "create", "ci", "--url", url, env=keys["otto"]).returncode == 0
    assert server.cli("webhook", "create", "cx", "--url", url, env=keys["dora"], check=False).returncode == 1
    assert server.cli("webhook", "list", env=keys["dora"]).returncode == 0
    assert server.cli("webhook", "list", env=keys["vera"], check=False).returncode == 1
    assert server.cli("webhook", "list", "--all-spaces", env=keys["otto"], check=False).returncode == 1
    assert server.cli("webhook", "create", "all", "--url", url, "--all-spaces", env=owner).returncode == 0


@pytest.mark.parametrize("body, word", [
    ({"name": "x", "url": "ftp://example.com/"}, "https"),
    ({"name": "x", "url": "https://a:b@example.com/"}, "password"),
    ({"name": "x", "url": "not an address"}, "url"),
    ({"name": "../x", "url": "https://example.com/"}, "name"),
    ({"name": "x", "url": "https://example.com/", "events": ["deploymnt.created"]}, "did you mean 'deployment.created'?"),
    ({"name": "x", "url": "https://example.com/", "events": ["promotions.*"]}, "did you mean 'promotion.*'?"),
    ({"name": "x", "url": "https://example.com/", "events": ["promotion.request"]}, "promotion.requested"),
    ({"name": "x", "url": "https://example.com/", "events": ["*"] * 65}, "64"),
    ({"name": "x", "url": "https://example.com/", "secret": "../x"}, "secret"),
    ({"name": "x", "url": "https://example.com/", "event": ["*"]}, "events"),
    ({"url": "https://example.com/"}, "name"),
])
def test_what_is_wrong_is_refused_with_its_name(server, body, word):
    status, answer = server.json("POST", f"{API}/webhooks", body)
    assert status == 400 and word in json.dumps(answer), (status, answer)


def test_what_is_not_there_is_said(server):
    for method, path in [
        ("GET", "/webhooks/nobody"), ("PUT", "/webhooks/nobody"), ("POST", "/webhooks/nobody/pause"),
        ("POST", "/webhooks/nobody/resume"), ("POST", "/webhooks/nobody/test"), ("GET", "/webhook-deliveries/7"),
        ("POST", "/webhook-deliveries/7/redeliver"), ("GET", "/webhook-deliveries?webhook=nobody"),
        ("DELETE", "/webhooks/nobody"),
    ]:
        status, answer = server.json(method, API + path, {} if method in ("PUT", "POST") else None)
        assert status == 404, (path, status, answer)
    assert server.json("GET", API + "/webhook-deliveries?state=lost")[0] == 400
