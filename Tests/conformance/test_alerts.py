"""Alerts on a real server: a burst of errors becomes an alert, the alert a signed message; silences, acknowledgement,
commands, restarts, clocks that jump, and addresses that the server must not call."""

import json
import pathlib
import re
import subprocess
import time

import pytest

import rollout_models
from slipway_server import wait_until
from webhook_receiver import Receiver, data

GOOD = {"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [0.5] * 4}
LOOPBACK = {"SLIPWAY_WEBHOOK_ALLOW": "127.0.0.0/8"}
# Counts are kept by slots of 10 s: two of them, so that the one before is never left out.
QUICK = {"name": "errors", "short": "20s", "long": "20s", "minimum": 5, "resolveAfter": "1s"}
API = "/api/v1/spaces/default"


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def serve(new_server, tmp_path, *flags, **env):
    """A server with an endpoint `orders`."""
    server = new_server("data", *flags, env=LOOPBACK | env)
    server.push_file(rollout_models.sound(tmp_path, 1), "orders")
    server.put_deployment("orders", "orders")
    return server


def watch(server, *targets, rules=(QUICK,), endpoint="orders"):
    document = {"alerts": {"rules": list(rules), "notify": list(targets)}}
    status, answer = server.json(
        "PUT", f"{API}/deployments/{endpoint}/monitor", document, {"Content-Type": "application/json"})
    assert status == 200, answer


def fail(server, count=20):
    """Requests that are good, while somebody has taken the model out of memory."""
    assert server.request("POST", "/v2/repository/models/orders/unload")[0] == 200
    for _ in range(count):
        assert server.infer("orders", [GOOD])[0] == 503
    assert server.request("POST", "/v2/repository/models/orders/load")[0] == 200


def alerts(server, **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    status, answer = server.json("GET", f"{API}/alerts" + ("?" + text if text else ""))
    assert status == 200, answer
    return answer["items"]


def deliveries(server):
    return server.json("GET", f"{API}/alerts/deliveries")[1]["items"]


def secret_of(server):
    return server.cli("webhook", "secret").stdout.strip()


def test_a_burst_of_errors_becomes_one_alert_and_two_signed_messages(new_server, tmp_path, receiver):
    server = serve(new_server, tmp_path)
    watch(server, {"webhook": receiver.url})
    for _ in range(20):
        assert server.infer("orders", [GOOD])[0] == 200
    fail(server)
    wait_until(lambda: alerts(server, state="firing"), "an alert", 30)
    (alert,) = alerts(server)
    assert (alert["alert"], alert["rule"], alert["kind"], alert["state"]) == (1, "errors", "errors", "firing")
    assert alert["version"] == 1 and alert["notified"] and "failed" in alert["summary"]
    share = next(figure for figure in alert["figures"] if figure["name"] == "errorShare")
    assert share["value"] > share["bound"]
    for link in alert["links"]:
        if "path" in link:
            assert server.request("GET", link["path"])[0] == 200, link
        if "command" in link:
            server.cli(*link["command"].split()[1:])
    wait_until(lambda: len(receiver.messages) == 1, "a message", 20)
    secret = secret_of(server)
    (event,) = receiver.events(secret)
    assert event["type"] == "slipway.alert.fired" and event["subject"] == "alerts/1"
    assert event["source"] == f"{API}/deployments/orders"
    assert data(event)["summary"] == alert["summary"] and data(event)["endpoint"] == "orders"
    # It is seen wherever one looks.
    page = server.request("GET", "/metrics")[2].decode()
    assert 'slipway_alerts_firing{space="default",endpoint="orders",rule="errors"} 1' in page
    assert "errors" in server.cli("status").stdout
    assert server.cli_json("status")["alerts"][0]["alert"] == 1
    assert "orders" in server.cli("alert", "list", "--firing").stdout
    assert "failed" in server.cli("alert", "show", "1").stdout
    rules = {rule["rule"]: rule["state"] for rule in server.cli_json("alert", "rules", "orders")}
    assert rules["errors"] == "firing" and set(rules) == {"errors", "latency", "traffic", "drift", "quality", "ledger"}
    assert server.cli_json("alert", "ack", "1", "--comment", "mine")["comment"] == "mine"
    # It ends by itself once answers are good again.
    deadline = time.monotonic() + 60
    while alerts(server, state="firing"):
        assert time.monotonic() < deadline
        assert server.infer("orders", [GOOD])[0] == 200
        time.sleep(0.05)
    wait_until(lambda: len(receiver.messages) == 2, "a second message", 60)
    assert [event["type"] for event in receiver.events(secret)] == ["slipway.alert.fired", "slipway.alert.resolved"]
    assert data(receiver.events(secret)[1])["resolution"]
    assert "slipway_alerts_firing" not in server.request("GET", "/metrics")[2].decode()
    actions = [event["action"] for event in server.cli_json("audit", "list") if event["action"].startswith("alert.")]
    assert actions == ["alert.resolved", "alert.acknowledged", "alert.fired"]
    assert server.cli("audit", "verify").returncode == 0


def test_a_message_that_does_not_arrive_is_sent_again_after_kill_9_under_the_same_id(new_server, tmp_path):
    nobody = Receiver()
    port, url = nobody.port, nobody.url
    nobody.close()
    server = serve(new_server, tmp_path)
    watch(server, {"webhook": url})
    fail(server)
    wait_until(lambda: [d for d in deliveries(server) if d["attempts"] >= 1], "an attempt", 30)
    secret = secret_of(server)
    server.kill()
    receiver = Receiver(port=port)
    try:
        server.start()
        wait_until(lambda: receiver.messages, "the message", 40)
        wait_until(lambda: deliveries(server)[-1]["state"] == "delivered", "the end of the delivery", 10)
        # The alert is the same one, and is told of once; its end does not overtake its beginning.
        wait_until(lambda: len(receiver.messages) == 2, "the end of the alert", 60)
        events = receiver.events(secret)
        assert [event["type"] for event in events] == ["slipway.alert.fired", "slipway.alert.resolved"]
        assert [alert["alert"] for alert in alerts(server)] == [1]
        delivery = deliveries(server)[-1]
        assert delivery["event"] == events[0]["id"] and delivery["attempts"] >= 2
    finally:
        receiver.close()


def test_after_a_restart_it_is_the_same_alert_and_nobody_is_told_twice(new_server, tmp_path, receiver):
    server = serve(new_server, tmp_path)
    watch(server, {"webhook": receiver.url}, rules=[QUICK | {"resolveAfter": "1h"}])
    fail(server)
    # Not only sent, but known to be: a kill in between may double it, under the same id.
    wait_until(lambda: [d for d in deliveries(server) if d["state"] == "delivered"], "a message", 30)
    for stop in (server.kill, server.terminate, server.kill):
        stop()
        server.start()
        fail(server)
        wait_until(
            lambda: any(r["state"] == "firing" for r in server.cli_json("alert", "rules", "orders")), "a look at it", 20)
    assert [alert["alert"] for alert in alerts(server)] == [1]
    assert len(receiver.messages) == 1


def test_a_silence_keeps_the_message_back_and_not_the_alert(new_server, tmp_path, receiver):
    server = serve(new_server, tmp_path)
    watch(server, {"webhook": receiver.url}, rules=[QUICK | {"resolveAfter": "1h"}])
    silence = server.cli_json("alert", "silence", "orders", "--rule", "errors", "--for", "1h", "--reason", "a test")
    assert silence["active"] and "a test" in server.cli("alert", "silences").stdout
    fail(server)
    wait_until(lambda: alerts(server, state="firing"), "an alert", 30)
    # A look or two later there is still no message.
    wait_until(lambda: server.cli_json("alert", "rules", "orders")[0]["state"] == "firing", "the rule", 10)
    time.sleep(5)
    assert not receiver.messages and not deliveries(server) and not alerts(server)[0]["notified"]
    server.cli("alert", "unsilence", str(silence["silence"]))
    wait_until(lambda: receiver.messages, "the message once it is over", 20)
    assert alerts(server)[0]["notified"] and len(alerts(server)) == 1
    actions = [event["action"] for event in server.cli_json("audit", "list")]
    assert "silence.created" in actions and "silence.ended" in actions


def test_a_command_is_told_once_and_only_where_the_server_allows_commands(new_server, tmp_path):
    told = tmp_path / "told"
    script = tmp_path / "tell.sh"
    script.write_text(f"#!/bin/sh\ncat > {told}.new\nenv > {told}.env\nmv {told}.new {told}\necho done\n")
    script.chmod(0o755)
    server = serve(new_server, tmp_path, "--allow-commands", SLIPWAY_WEBHOOK_SECRET_PAGER="sixteen bytes or more")
    watch(server, {"command": [str(script)]})
    (tested,) = server.cli_json("alert", "test", "orders")
    assert (tested["state"], tested["status"]) == ("delivered", 0)
    told.unlink()
    fail(server)
    wait_until(told.exists, "the command", 30)
    event = json.loads(told.read_text())
    assert event["type"] == "slipway.alert.fired" and event["data"]["endpoint"] == "orders"
    # Nothing of the server's environment, and none of its secrets.
    assert "SLIPWAY" not in pathlib.Path(f"{told}.env").read_text()
    server.terminate()
    server.flags.remove("--allow-commands")
    server.start()
    status, answer = server.json(
        "PUT", f"{API}/deployments/orders/monitor", {"alerts": {"notify": [{"command": ["/bin/true"]}]}},
        {"Content-Type": "application/json"})
    assert status == 409 or status == 403, answer
    assert "--allow-commands" in answer["error"] + answer.get("hint", "")
    refused = server.cli("alert", "test", "orders", check=False)
    assert refused.returncode == 1 and "--allow-commands" in refused.stdout


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_the_server_does_not_call_itself_without_leave(new_server, receiver, host):
    server = new_server()
    status, answer = server.json("POST", f"{API}/alerts/test", {"webhook": f"http://{host}:{receiver.port}/"})
    assert status == 200, answer
    (delivery,) = answer["items"]
    assert delivery["state"] == "failed" and "loopback" in delivery["outcome"], delivery
    assert not receiver.messages


def test_private_and_link_local_addresses_are_not_called(new_server):
    server = new_server(env=LOOPBACK)
    for host in ("10.0.0.1", "192.168.1.1", "169.254.169.254", "172.16.9.9", "[fe80::1]", "[fd00::1]", "0.0.0.0"):
        (delivery,) = server.json("POST", f"{API}/alerts/test", {"webhook": f"http://{host}/"})[1]["items"]
        assert delivery["state"] == "failed" and "webhook_allow" in delivery["outcome"], delivery


def test_a_redirect_is_not_followed(new_server, receiver):
    server = new_server(env=LOOPBACK)
    outer = Receiver(status=307, location=receiver.url)
    try:
        (delivery,) = server.json("POST", f"{API}/alerts/test", {"webhook": outer.url})[1]["items"]
        assert (delivery["state"], delivery["status"], delivery["attempts"]) == ("pending", 307, 1)
        assert len(outer.messages) == 1 and not receiver.messages
    finally:
        outer.close()


def test_a_name_that_is_bound_anew_between_the_check_and_the_call_does_not_matter(new_server, tmp_path):
    """The name means an address that may be called when it is asked first, and one that may not ever after."""
    library = tmp_path / "rebinding.so"
    source = pathlib.Path(__file__).parent / "rebinding.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    inner = Receiver()
    outer = Receiver(host="127.0.0.2", port=inner.port)
    try:
        server = new_server(env={"LD_PRELOAD": str(library), "SLIPWAY_WEBHOOK_ALLOW": "127.0.0.2/32"})
        url = f"http://rebind.test:{inner.port}/"
        (delivery,) = server.json("POST", f"{API}/alerts/test", {"webhook": url})[1]["items"]
        assert delivery["state"] == "delivered", delivery
        assert len(outer.messages) == 1 and not inner.messages
        assert outer.messages[0][0]["host"] == f"rebind.test:{inner.port}"
        (delivery,) = server.json("POST", f"{API}/alerts/test", {"webhook": url})[1]["items"]
        assert delivery["state"] == "failed" and "loopback" in delivery["outcome"], delivery
        assert len(outer.messages) == 1 and not inner.messages
    finally:
        inner.close()
        outer.close()


def test_named_secrets_sign_and_are_never_shown(new_server, tmp_path, receiver):
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "pager").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    server = new_server(env=LOOPBACK | {
        "SLIPWAY_WEBHOOK_SECRETS": str(secrets), "SLIPWAY_WEBHOOK_SECRET_OTHER": "a secret in a variable"})

    def send(name):
        return server.json("POST", f"{API}/alerts/test", {"webhook": receiver.url, "secret": name})[1]["items"][0]

    assert send("pager")["state"] == "delivered" and send("other")["state"] == "delivered"
    Receiver.event(receiver.messages[0], "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    Receiver.event(receiver.messages[1], "a secret in a variable")
    # A new one counts at once.
    (secrets / "pager").write_text("another secret of some length")
    assert send("pager")["state"] == "delivered"
    Receiver.event(receiver.messages[2], "another secret of some length")
    assert "no webhook secret" in send("nobody")["outcome"]
    everything = json.dumps(deliveries(server)) + server.log_text()
    for file in server.data.rglob("slipway.db*"):
        everything += file.read_bytes().decode("latin1")
    for secret in ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a secret in a variable", "another secret of some length"):
        assert secret not in everything


def test_the_secret_of_a_space_is_for_its_owners(new_server):
    server = new_server("data", "--auth")
    owner = re.search(r"slw_\S+", server.log_text())[0]
    as_owner = {"SLIPWAY_TOKEN": owner}
    server.cli("member", "add", "vera", "--role", "operator", env=as_owner)
    key = server.cli("key", "create", "--principal", "vera", env=as_owner).stdout.strip()
    assert server.cli("webhook", "secret", env=as_owner).stdout.startswith("whsec_")
    refused = server.cli("webhook", "secret", env={"SLIPWAY_TOKEN": key}, check=False)
    assert refused.returncode == 1 and "whsec_" not in refused.stdout + refused.stderr
    # Who may deploy may silence.
    assert server.cli("alert", "silence", "--for", "5m", env={"SLIPWAY_TOKEN": key}).returncode == 0


def test_a_clock_that_jumps_an_hour_makes_no_alert_and_ends_none(new_server, tmp_path, receiver):
    library = tmp_path / "clock.so"
    source = pathlib.Path(__file__).parent / "jumping_clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    offset = tmp_path / "offset"
    offset.write_text("0")
    server = serve(new_server, tmp_path, LD_PRELOAD=str(library), JUMPING_CLOCK=str(offset))
    watch(server, {"webhook": receiver.url}, rules=[
        QUICK | {"resolveAfter": "1h"}, {"name": "traffic", "window": "20s", "expected": 1}])

    def steady(seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert server.infer("orders", [GOOD])[0] == 200
            time.sleep(0.05)

    for jump in (0, 3600, 0, -3600, 0):
        offset.write_text(str(jump))
        steady(5)
    assert not alerts(server)
    fail(server, 30)
    wait_until(lambda: alerts(server, state="firing"), "an alert", 30)
    for jump in (3600, -3600, 0):
        offset.write_text(str(jump))
        steady(3)
    assert [(alert["rule"], alert["state"]) for alert in alerts(server)] == [("errors", "firing")]
    wait_until(lambda: len(receiver.messages) == 1, "the message", 20)


def test_a_server_without_monitors_tells_whom_its_settings_name(new_server, tmp_path, receiver):
    server = serve(new_server, tmp_path, SLIPWAY_ALERT_WEBHOOK=receiver.url)
    fail(server)
    wait_until(lambda: receiver.messages, "a message", 30)
    (event,) = receiver.events(secret_of(server))
    assert event["type"] == "slipway.alert.fired"


def test_what_an_endpoint_fired_ends_with_it(new_server, tmp_path):
    server = serve(new_server, tmp_path)
    fail(server)
    wait_until(lambda: alerts(server, state="firing"), "an alert", 30)
    server.cli("deployment", "delete", "orders", "--yes", check=False)
    server.request("DELETE", f"{API}/deployments/orders")
    wait_until(lambda: not alerts(server, state="firing"), "its end", 60)
    assert "not deployed" in alerts(server)[0]["resolution"]


@pytest.mark.parametrize("method, path, body, status, word", [
    ("GET", "/alerts?state=burning", None, 400, "state"),
    ("GET", "/alerts/7", None, 404, "no alert 7"),
    ("GET", "/alerts/seven", None, 404, "seven"),
    ("POST", "/alerts/7/acknowledge", {}, 404, "no alert 7"),
    ("POST", "/alerts/test", {}, 400, "endpoint"),
    ("POST", "/alerts/test", {"webhook": "ftp://example.com/"}, 400, "https"),
    ("POST", "/alerts/test", {"webhook": "http://a:b@example.com/"}, 400, "password"),
    ("POST", "/alerts/test", {"webhook": "http://example.com/", "secret": "../x"}, 400, "secret"),
    ("POST", "/alerts/test", {"endpoint": "nobody"}, 404, "nobody"),
    ("POST", "/silences", {}, 400, "seconds"),
    ("POST", "/silences", {"seconds": 1e30}, 400, "a number in the body"),
    ("POST", "/silences", {"seconds": 99999999}, 400, "30 days"),
    ("POST", "/silences", {"until": "tomorrow"}, 400, "until"),
    ("POST", "/silences", {"seconds": 5, "endpiont": "x"}, 400, "endpiont"),
    ("DELETE", "/silences/9", None, 404, "no silence 9"),
    ("GET", "/deployments/nobody/alert-rules", None, 404, "nobody"),
])
def test_what_is_wrong_is_refused_with_its_name(server, method, path, body, status, word):
    got, answer = server.json(method, API + path, body)
    assert got == status and word in json.dumps(answer), (got, answer)
