"""Promotions between people: who pushes, asks, reports, approves and deploys are several, and the server holds them to it."""

import json
import re

import pytest

from slipway_server import wait_until

POLICY = """
promotesFrom: [test]
gates:
  - {name: whole, kind: integrity}
  - {name: ci, kind: external, timeoutSeconds: 600}
approvals: {count: 1, roles: [validator]}
deploy: [operator]
"""


class People:
    """A server that asks callers who they are: `dev` builds in `test`, `vera` and `vic` judge in `prod`, `ops` runs it."""

    def __init__(self, server):
        self.server = server
        # It may answer a moment before it has shown the key.
        wait_until(lambda: re.search(r"slw_\S+\n", server.log_text()), "the owner's key")
        self.keys = {"root": re.search(r"slw_\S+", server.log_text())[0]}

    def key(self, name, *flags, as_name=None):
        made = self.cli("root", "key", "create", "--principal", name, *flags)
        self.keys[as_name or name] = made.stdout.strip()

    def cli(self, who, *arguments, **options):
        return self.server.cli(*arguments, env={"SLIPWAY_TOKEN": self.keys[who]}, **options)

    def refused(self, who, *arguments):
        result = self.cli(who, *arguments, check=False)
        assert result.returncode == 1, result.stdout
        return result.stderr

    def json(self, who, *arguments):
        return json.loads(self.cli(who, *arguments, "--output", "json").stdout)

    def request(self, who, method, path, body=None):
        return self.server.json(method, path, body, {"Authorization": f"Bearer {self.keys[who]}"})

    def show(self, number, who="vera"):
        return self.json(who, "promotion", "show", number, "--space", "prod")


@pytest.fixture
def people(new_server, examples, tmp_path):
    people = People(new_server("data", "--auth"))
    for space in ("test", "prod"):
        people.cli("root", "space", "create", space)
    for name, space, role in [("dev", "test", "developer"), ("vera", "prod", "validator"), ("vera", "test", "developer"),
                              ("vic", "prod", "validator"), ("ops", "prod", "operator")]:
        people.cli("root", "member", "add", name, "--role", role, "--space", space)
    for name in ("dev", "vera", "vic", "ops"):
        people.key(name)
    people.key("vic", "--role", "reporter", "--limit-space", "prod", as_name="ci")
    policy = tmp_path / "prod.yaml"
    policy.write_text(POLICY)
    people.cli("root", "space", "set-policy", "prod", "--file", policy)
    people.cli("dev", "model", "push", examples / "iris" / "model.onnx", "--name", "iris", "--space", "test")
    return people


def ask(people, who="dev", version=1):
    return people.json(who, "promote", f"iris:{version}", "--from", "test", "--to", "prod")


def report(people, number, who="ci"):
    return people.cli(who, "promotion", "report", number, "--check", "ci", "--passed", "--space", "prod")


def test_several_people_bring_a_version_to_production(people):
    assert ask(people)["requestedBy"] == "dev"
    # The check's key can report and do nothing else.
    for method, path in [("GET", "/api/v1/spaces/prod/promotions/1"), ("POST", "/api/v1/spaces/prod/promotions/1/approve"),
                         ("GET", "/api/v1/spaces/prod/models")]:
        assert people.request("ci", method, path)[0] == 403, path
    assert "may not" in people.refused("dev", "promotion", "report", 1, "--check", "ci", "--passed", "--space", "test")
    report(people, 1)
    waiting = people.show(1)
    assert (waiting["state"], waiting["gates"][1]["summary"]) == ("awaitingApproval", "reported as passed by vic")
    assert waiting["approvals"]["possible"] == ["vera", "vic"]
    # The builder cannot touch prod, and does not even see it.
    assert people.request("dev", "GET", "/api/v1/spaces/prod")[0] == 404
    assert people.request("dev", "POST", "/api/v1/spaces/prod/promotions/1/approve")[0] == 404
    assert people.request("dev", "POST", "/api/v1/spaces/test/promotions/1/approve")[0] == 403
    assert people.json("dev", "promotion", "show", 1, "--space", "test")["state"] == "awaitingApproval"
    # Nor does who runs it approve of it, nor an owner of the server who is no validator.
    assert "may not decide on promotions" in people.refused("ops", "promotion", "approve", 1, "--space", "prod")
    assert "approving takes the role validator" in people.refused("root", "promotion", "approve", 1, "--space", "prod")
    assert "applied" in people.cli("vera", "promotion", "approve", 1, "--space", "prod").stdout
    assert "may not deploy" in people.refused("vera", "deploy", "iris:1", "--space", "prod")
    people.cli("ops", "deploy", "iris:1", "--space", "prod")
    why = people.cli("ops", "why", "iris", "--space", "prod").stdout
    for part in ["deployed by ops as revision 1", "asked for by dev; dev had pushed it", "approved by vera on"]:
        assert part in why, why


def test_who_asked_or_pushed_does_not_approve(people, examples):
    # Vera is a validator in prod, and asks herself.
    ask(people, "vera")
    report(people, 1)
    assert "who asked for a promotion does not approve it" in people.refused(
        "vera", "promotion", "approve", 1, "--space", "prod")
    assert people.show(1)["approvals"]["possible"] == ["vic"]
    people.cli("vic", "promotion", "approve", 1, "--space", "prod")
    # She pushes one that somebody else asks for.
    people.cli("vera", "model", "push", examples / "wine-gbdt" / "model.onnx", "--name", "iris", "--space", "test")
    ask(people, "dev", 2)
    report(people, 2)
    assert "who pushed a version does not approve its promotion" in people.refused(
        "vera", "promotion", "approve", 2, "--space", "prod")
    # A second key of hers is still her.
    people.key("vera", "--limit-space", "prod", as_name="vera2")
    assert "four eyes" in people.refused("vera2", "promotion", "approve", 2, "--space", "prod")
    people.cli("vic", "promotion", "approve", 2, "--space", "prod")


def test_what_one_may_not_see_is_not_there(people):
    ask(people)
    assert people.request("ops", "GET", "/api/v1/spaces/test/promotions/1")[0] == 404
    assert people.request("ops", "GET", "/api/v1/spaces/prod/promotions/1")[0] == 200
    status, unknown = people.request(
        "dev", "POST", "/api/v1/spaces/test/promotions", {"model": "iris", "version": 1, "to": "nowhere"})
    assert status == 403
    people.cli("root", "space", "create", "closed")
    status, closed = people.request(
        "dev", "POST", "/api/v1/spaces/test/promotions", {"model": "iris", "version": 1, "to": "closed"})
    assert (status, closed["error"].replace("closed", "nowhere")) == (403, unknown["error"])
    for method, path, body in [("POST", "/api/v1/spaces", {"name": "mine"}), ("DELETE", "/api/v1/spaces/closed", None)]:
        assert people.request("dev", method, path, body)[0] in (403, 404)
    assert "withdrawn" not in people.refused("vera", "promotion", "withdraw", 1, "--space", "test")
    people.cli("dev", "promotion", "withdraw", 1, "--space", "test")


def test_a_role_that_is_taken_away_counts_from_then_on(people):
    ask(people)
    report(people, 1)
    people.cli("root", "member", "remove", "vera", "--space", "prod")
    assert people.request("vera", "POST", "/api/v1/spaces/prod/promotions/1/approve")[0] == 404
    assert people.show(1, "vic")["approvals"]["possible"] == ["vic"]
