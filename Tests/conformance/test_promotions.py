"""How a version gets from one space to the next: policies, gates, approvals, races, restarts; on a real server."""

import json
import threading
import time
import uuid

import pytest

POLICY = """
promotesFrom: [test]
gates:
  - {name: whole, kind: integrity}
  - {name: ci, kind: external, timeoutSeconds: 600}
approvals: {count: 1, roles: [validator], fourEyes: false}
"""


@pytest.fixture
def server(new_server, examples, tmp_path):
    """`test` with two versions of a model, and `prod`, which takes from it."""
    server = new_server()
    for space in ("test", "prod"):
        server.cli("space", "create", space)
    set_policy(server, tmp_path, POLICY)
    for example in ("iris", "wine-gbdt"):
        server.cli("model", "push", examples / example / "model.onnx", "--name", "wine", "--space", "test",
                   "--metric", "accuracy=0.9")
    return server


def set_policy(server, folder, text, space="prod", **options):
    path = folder / "policy.yaml"
    path.write_text(text)
    return server.cli("space", "set-policy", space, "--file", path, **options)


def promote(server, version, *flags, **options):
    return server.cli_json("promote", f"wine:{version}", "--from", "test", "--to", "prod", *flags, **options)


def report(server, number, outcome="--passed", gate="ci", **options):
    return server.cli("promotion", "report", number, "--check", gate, outcome, "--link", "https://ci.example/42",
                      "--space", "prod", **options)


def show(server, number):
    return server.cli_json("promotion", "show", number, "--space", "prod")


def approve(server, number, **options):
    return server.cli("promotion", "approve", number, "--space", "prod", **options)


def wait_for(server, number, state, timeout=30):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        info = show(server, number)
        if info["state"] == state:
            return info
        time.sleep(0.02)
    raise AssertionError(f"promotion {number} is {info['state']}, not {state}: {info['message']}")


def versions(server, space):
    status, page = server.json("GET", f"/api/v1/spaces/{space}/models/wine/versions")
    return sorted(item["version"] for item in page["items"]) if status == 200 else []


def test_a_version_goes_to_production_and_why_tells_how(server, examples):
    first = promote(server, 1, "--reason", "the first")
    assert (first["number"], first["state"], first["from"], first["to"]) == (1, "checking", "test", "prod")
    assert [(gate["name"], gate["outcome"]) for gate in first["gates"]] == [("whole", "passed"), ("ci", "pending")]
    assert "needs 1 more approval by validator" in report(server, 1).stdout
    page = server.cli("promotion", "show", 1, "--space", "prod").stdout
    for part in ["promotion 1  wine:1 from test to prod  awaiting approval", "the first", "gate whole (integrity)  passed",
                 "files that differ", "https://ci.example/42", "metric accuracy", "input ",
                 "next: slipway promotion approve 1 --space prod"]:
        assert part in page, page
    assert versions(server, "prod") == []
    refused = server.cli("deploy", "wine:1", "--space", "prod", check=False)
    assert refused.returncode == 1
    assert "applied: wine:1 is available in prod" in approve(server, 1).stdout
    assert versions(server, "prod") == [1]
    here, there = (server.json("GET", f"/api/v1/spaces/{space}/models/wine/versions/1")[1] for space in ("test", "prod"))
    assert here == there
    server.cli("deploy", "wine:1", "--space", "prod", "--reason", "go")
    example = json.loads((examples / "iris" / "request.json").read_text())
    status, answer = server.json("POST", "/spaces/prod/v2/models/wine/infer", example)
    assert (status, answer["model_version"]) == (200, "1")

    # A gate that fails, told by exit code, page and why.
    promote(server, 2)
    assert "failed" in report(server, 2, "--failed").stdout
    failed = show(server, 2)
    assert (failed["state"], failed["champion"]) == ("failed", "wine:1")
    assert any(change["name"] == "bytes" and change["difference"] for change in failed["changes"])
    why = server.cli("why", "wine", "--space", "prod").stdout
    for part in ["wine:1 is live at 'wine' in prod", "revision 1: go", "by promotion 1", "gate whole (integrity) passed",
                 "approved by local", "promotion 2 of wine:2 from test failed at the gate ci: reported as failed by local"]:
        assert part in why, why
    # The next attempt gets there.
    promote(server, 2)
    report(server, 3)
    approve(server, 3)
    assert versions(server, "prod") == [1, 2]
    assert "wine:2 is available here and not deployed" in server.cli("why", "wine", "--space", "prod").stdout
    listed = server.cli("promotion", "list", "--space", "prod").stdout
    assert listed.count("applied") == 2 and "failed" in listed
    actions = [step["kind"] for step in show(server, 3)["steps"]]
    assert actions == ["requested", "checking", "reported", "reported", "approved", "applied"]
    assert server.json("POST", "/api/v1/verify")[1]["problems"] == []


def test_four_eyes_hold(server, tmp_path):
    set_policy(server, tmp_path, "promotesFrom: [test]\napprovals: {count: 1}")
    promotion = promote(server, 1)
    assert promotion["state"] == "awaitingApproval"
    refused = approve(server, 1, check=False)
    assert refused.returncode == 1
    assert "four eyes" in refused.stderr
    status, answer = server.json("POST", "/api/v1/spaces/prod/promotions/1/approve")
    assert (status, answer["code"]) == (403, "refused")
    assert versions(server, "prod") == []


def test_a_policy_that_changed_sends_an_approval_back(server, tmp_path):
    promote(server, 1)
    report(server, 1)
    set_policy(server, tmp_path, POLICY.replace("  - {name: ci, kind: external, timeoutSeconds: 600}\n", ""))
    assert "policy is at revision 2" in show(server, 1)["stale"]
    refused = approve(server, 1, check=False)
    assert refused.returncode == 1
    assert "out of date" in refused.stderr and "policy is at revision 2" in refused.stderr
    again = wait_for(server, 1, "awaitingApproval")
    assert (again["run"], again["policyRevision"], [gate["name"] for gate in again["gates"]]) == (2, 2, ["whole"])
    assert versions(server, "prod") == []
    approve(server, 1)
    assert versions(server, "prod") == [1]


def test_of_many_requests_for_one_version_one_is_made(server):
    results = []

    def ask():
        results.append(server.json(
            "POST", "/api/v1/spaces/test/promotions", {"model": "wine", "version": 1, "to": "prod"},
            {"Idempotency-Key": str(uuid.uuid4())}))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in results) == [201] + [409] * 7
    assert all("by promotion 1" in answer["error"] for status, answer in results if status == 409)


def test_two_versions_race_and_the_later_is_looked_at_again(server):
    for version in (1, 2):
        promote(server, version)
        report(server, version)
    approve(server, 2)
    loser = approve(server, 1, check=False)
    assert loser.returncode == 1 and "promotion 2 brought another version" in loser.stderr
    assert show(server, 1)["state"] == "checking", "the outside check is owed again"
    report(server, 1)
    approve(server, 1)
    assert versions(server, "prod") == [1, 2]


def test_requests_that_cannot_be(server):
    def refusal(*arguments):
        result = server.cli(*arguments, check=False)
        assert result.returncode == 1, result.stdout
        return result.stderr

    ask = ["promote", "wine:1", "--from", "test", "--to"]
    assert "there is no space 'test' that takes versions from 'test'" in refusal(*ask, "test")
    assert "there is no space 'nowhere' that takes versions from 'test'" in refusal(*ask, "nowhere")
    assert "there is no model 'wine:9'" in refusal("promote", "wine:9", "--from", "test", "--to", "prod")
    assert server.cli("promote", "wine", "--to", "prod", check=False).returncode == 64
    promote(server, 1)
    assert "one of its gates" not in refusal("promotion", "report", 1, "--check", "cy", "--passed", "--space", "prod")
    assert "is carried out by the server" in refusal(
        "promotion", "report", 1, "--check", "whole", "--passed", "--space", "prod")
    assert "checks are not over" in refusal("promotion", "approve", 1, "--space", "prod")
    assert "needs a reason" in refusal("promotion", "reject", 1, "--reason", " ", "--space", "prod")
    assert "decided in the space that it goes to" in refusal(
        "promotion", "reject", 1, "--reason", "no", "--space", "test")
    assert "there is no promotion 1" in refusal("promotion", "show", 1, "--space", "default")
    assert "there is no promotion 7" in refusal("promotion", "withdraw", 7, "--space", "prod")
    server.cli("promotion", "reject", 1, "--reason", "no", "--space", "prod")
    assert "is rejected already" in report(server, 1, check=False).stderr


def test_nothing_is_taken_that_nobody_asked_for(server):
    base = "/api/v1/spaces/test/promotions"
    order = {"model": "wine", "version": 1, "to": "prod"}
    for extra in [{"state": "applied"}, {"requestedBy": "root"}, {"number": 7}, {"approvals": []}, {"digest": "0" * 64}]:
        status, answer = server.json("POST", base, order | extra)
        assert (status, answer["field"]) == (400, next(iter(extra)))
    promote(server, 1)
    one = "/api/v1/spaces/prod/promotions/1"
    for path, body in [("approve", {"by": "somebody"}), ("approve", {"roles": ["validator"]}),
                       ("reject", {"reason": "x", "by": "somebody"}), ("withdraw", {"state": "applied"}),
                       ("checks/ci", {"outcome": "passed", "gate": "whole"}), ("checks/ci", {"outcome": "error"}),
                       ("checks/ci", {"outcome": "passed", "link": "javascript:alert(1)"})]:
        status, answer = server.json("POST", f"{one}/{path}", body)
        assert status == 400, answer
    assert show(server, 1)["state"] == "checking"
    status, answer = server.json("POST", "/api/v1/spaces", {"name": "mine", "policy": {}})
    assert (status, answer["field"]) == (400, "policy")


def test_policies_are_checked_kept_and_shown(server, tmp_path):
    shown = server.cli("space", "show", "prod").stdout
    again = tmp_path / "again.yaml"
    again.write_text(shown[shown.index("promotesFrom"):])
    before = server.request("GET", "/api/v1/spaces/prod/policy")[1]["etag"]
    server.cli("space", "set-policy", "prod", "--file", again)
    assert server.request("GET", "/api/v1/spaces/prod/policy")[1]["etag"] == before, "what is shown is what is set"
    wrong = set_policy(server, tmp_path, POLICY.replace("timeoutSeconds", "timeoutSecond"), check=False)
    assert (wrong.returncode, "gates[1].timeoutSecond" in wrong.stderr, "did you mean 'timeoutSeconds'?" in wrong.stderr) == (1, True, True)
    laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi"))
    bomb = set_policy(server, tmp_path, laughs, check=False)
    assert (bomb.returncode, "anchor or an alias" in bomb.stderr) == (1, True)
    assert set_policy(server, tmp_path, "[" * 60_000, check=False).returncode == 1
    status, answer = server.json(
        "PUT", "/api/v1/spaces/prod/policy", b"#" * 70_000, {"Content-Type": "application/yaml"})
    assert (status, answer["code"]) == (413, "too_large")
    note = set_policy(server, tmp_path, "promotesFrom: [tst]").stderr
    assert "did you mean test?" in note
    server.cli("space", "set-policy", "prod", "--isolation", "worker")
    history = server.cli_json("space", "history", "prod")
    assert [one["revision"] for one in history] == [3, 2, 1]
    assert history[0]["policy"] == {"isolation": "worker", "promotesFrom": ["tst"]}
    assert "kind: external" in server.cli("space", "history", "prod", "--revision", "1").stdout
    stale = set_policy(server, tmp_path, "{}", check=False)
    assert stale.returncode == 0
    result = server.cli("space", "set-policy", "prod", "--isolation", "any", "--if-revision", "1", check=False)
    assert result.returncode == 1


def test_a_space_that_takes_promotions_takes_no_pushes(server, examples):
    refused = server.cli("model", "push", examples / "iris" / "model.onnx", "--name", "iris", "--space", "prod", check=False)
    assert refused.returncode == 1
    assert "space 'prod' takes versions by promotion only, from test" in refused.stderr


def test_spaces_come_and_go(server):
    refused = server.cli("space", "delete", "test", check=False)
    assert "not empty: the model wine" in refused.stderr
    promote(server, 1)
    assert "the open promotion 1" in server.cli("space", "delete", "prod", check=False).stderr
    server.cli("promotion", "withdraw", 1, "--space", "test")
    server.cli("space", "delete", "prod")
    assert server.request("GET", "/api/v1/spaces/prod")[0] == 404
    assert server.request("GET", "/api/v1/spaces/prod/models")[0] == 404
    assert server.request("GET", "/spaces/prod/v2/models")[0] == 404
    server.cli("space", "create", "prod")
    assert server.cli_json("space", "show", "prod")["policy"] == {"isolation": "any"}
    assert server.cli("space", "create", "prod", check=False).returncode == 1
    assert server.cli("space", "create", "no/name", check=False).returncode == 64
    assert "stays" in server.cli("space", "delete", "default", check=False).stderr


def test_what_waits_outlives_the_server(server):
    promote(server, 1)
    assert server.terminate() == 0
    server.start()
    assert show(server, 1)["state"] == "checking"
    server.kill()
    server.start()
    report(server, 1)
    server.kill()
    server.start()
    assert show(server, 1)["state"] == "awaitingApproval"
    approve(server, 1)
    assert versions(server, "prod") == [1]


def test_an_outside_check_that_never_comes_fails(server, tmp_path):
    set_policy(server, tmp_path, POLICY.replace("timeoutSeconds: 600", "timeoutSeconds: 1"))
    promote(server, 1)
    failed = wait_for(server, 1, "failed")
    assert "ci: nobody reported it until" in failed["message"]


def test_gates_look_at_data_and_at_what_callers_send(server, tmp_path, examples):
    server.cli("dataset", "push", examples / "wine-gbdt" / "heldout.csv", "--name", "rows", "--space", "prod")
    policy = """
promotesFrom: [test]
gates:
  - name: rows
    kind: data
    dataset: rows
    minRows: 10
    columns: [{name: alcohol, type: number, min: 5, max: 20}]
  - {name: callers, kind: signature}
"""
    set_policy(server, tmp_path, policy)
    first = promote(server, 1)
    assert (first["state"], [gate["outcome"] for gate in first["gates"]]) == ("applied", ["passed", "passed"])
    server.cli("deploy", "wine:1", "--space", "prod")
    # The second version takes other inputs than what is live.
    second = server.cli("promote", "wine:2", "--from", "test", "--to", "prod", check=False)
    assert second.returncode == 1
    assert "gate rows (data)  passed" in second.stdout and "gate callers (signature)  failed" in second.stdout
    assert "failed at the gate callers" in server.cli("why", "wine", "--space", "prod").stdout
    set_policy(server, tmp_path, policy.replace("minRows: 10", "minRows: 1000"))
    assert server.cli("promote", "wine:2", "--from", "test", "--to", "prod", check=False).returncode == 1
    outcomes = {gate["name"]: gate["outcome"] for gate in show(server, 3)["gates"]}
    assert outcomes == {"rows": "failed", "callers": "failed"}, "all gates run, so that all there is to mend is seen"
    wrong = set_policy(server, tmp_path, policy.replace("minRows", "minRow"), check=False)
    assert (wrong.returncode, "gates[0].minRow" in wrong.stderr) == (1, True)
