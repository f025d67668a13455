"""Declared state against the real server: plan, apply, export, and everything that may go wrong on the way."""

import concurrent.futures
import json
import os
import pty
import subprocess

import jsonschema
import pytest
import yaml

from slipway_server import BINARY, REPOSITORY, environment
from test_access import bearer, printed_key

BASE = "/api/v1/applications"
PLAN = "a" * 64


def write(folder, text, name="slipway.yaml"):
    path = folder / name
    path.write_text(text)
    return path


def apply(server, path, *flags, **options):
    return server.cli("apply", "-f", path, "--yes", *flags, **options)


def diff(server, path, *flags, **options):
    return server.cli("diff", "-f", path, *flags, check=False, **options)


def generation(server):
    return server.json("GET", BASE)[1]["generation"]


def begin(server, headers=None):
    return server.json("POST", BASE, {"plan": PLAN, "steps": 1}, headers)


def end(server, number, headers=None):
    return server.request("DELETE", f"{BASE}/{number}", {"outcome": "done", "done": 1}, headers)[0]


FIRST = """
spaces:
  - name: dev
  - name: prod
    members: [{principal: alice, role: validator}]
    policy: {promotesFrom: [dev], approvals: {count: 1}}
dataSets:
  - {name: rows, space: dev, file: rows.csv}
models:
  - {name: addsub, space: dev, file: addsub.onnx, metrics: {accuracy: 0.9}}
deployments:
  - endpoint: addsub
    space: dev
    version: file
    options: {queueLimit: 50}
monitors:
  - endpoint: addsub
    space: dev
    drift: {enabled: false}
"""


@pytest.fixture
def team(tmp_path, models):
    """A folder with a declaration and its files."""
    folder = tmp_path / "team"
    folder.mkdir()
    (folder / "addsub.onnx").write_bytes((models / "addsub.onnx").read_bytes())
    (folder / "rows.csv").write_text("a,b\n1,2\n3,4\n")
    write(folder, FIRST)
    return folder


def test_a_plan_is_shown_carried_out_once_and_nothing_is_left_to_do(new_server, team):
    server = new_server()
    path = team / "slipway.yaml"
    shown = diff(server, path)
    assert shown.returncode == 2
    assert f"+ deployment addsub in space dev  ({path}:12)" in shown.stdout
    assert "options.queueLimit: nothing -> 50" in shown.stdout
    assert "8 steps: 8 to add, 0 to change, 0 to remove" in shown.stdout
    assert "prod" not in server.cli("space", "list").stdout
    done = apply(server, path)
    assert "applied: 8 of 8 steps" in done.stdout
    deployment = server.cli_json("deployment", "show", "addsub", "--space", "dev")
    assert (deployment["version"], deployment["options"]["queueLimit"], deployment["state"]) == (1, 50, "ready")
    before = generation(server)
    assert "nothing to do" in apply(server, path).stdout
    assert diff(server, path).returncode == 0
    assert diff(server, team).returncode == 0
    assert generation(server) == before
    actions = [event["action"] for event in server.cli_json("audit", "list")]
    assert actions[0] == "application.end" and "application.begin" in actions
    # What is changed in the file is changed there; a revert of the model goes back to its version.
    path.write_text(FIRST.replace("queueLimit: 50", "queueLimit: 60").replace("role: validator", "role: operator"))
    report = json.loads(diff(server, path, "--output", "json").stdout)
    assert [(step["change"], step["kind"], step["details"]) for step in report["steps"]] == [
        ("change", "member", ["role: validator -> operator"]),
        ("change", "deployment", ["options.queueLimit: 50 -> 60"])]
    applied = json.loads(apply(server, path, "--output", "json").stdout)
    assert [step["done"] for step in applied["steps"]] == [True, True]
    assert (report["digest"], report["generation"]) == (applied["digest"], applied["generation"])


def test_a_reverted_file_goes_back_to_the_version_that_had_it(new_server, team, models):
    server = new_server()
    path = team / "slipway.yaml"
    first = (team / "addsub.onnx").read_bytes()
    apply(server, path)
    (team / "addsub.onnx").write_bytes((models / "identity_fp32.onnx").read_bytes())
    assert apply(server, path).returncode == 0
    assert server.cli_json("deployment", "show", "addsub", "--space", "dev")["version"] == 2
    (team / "addsub.onnx").write_bytes(first)
    assert "version: addsub:2 -> addsub:1" in apply(server, path).stdout
    assert server.cli_json("model", "show", "addsub", "--space", "dev")["model"]["latestVersion"] == 2


def rich(server, models, tmp_path):
    """A server with all that an export has to carry, set by other ways than a declaration."""
    for space in ("dev", "test", "prod"):
        server.cli("space", "create", space)
    for path, name in (("addsub", "addsub"), ("identity_fp32", "plain")):
        server.cli("model", "push", models / f"{path}.onnx", "--name", name, "--space", "dev")
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b\n1,2\n3,4\n")
    server.cli("dataset", "push", rows, "--name", "rows", "--space", "dev")
    server.cli("member", "add", "alice", "--role", "owner", "--space", "prod")
    server.cli("member", "add", "group:ml ops".replace(" ", "-"), "--role", "viewer", "--space", "test")
    policy = tmp_path / "policy.yaml"
    policy.write_text("""
promotesFrom: [dev]
gates:
  - {name: whole, kind: integrity}
  - {name: ci, kind: external, timeoutSeconds: 60, models: [addsub, "7"]}
  - {name: held, kind: holdout, dataset: rows, target: b, metrics: [{metric: accuracy, min: 0.50}]}
approvals: {count: 2, roles: [validator, owner], fourEyes: false}
rolloutApprovals: {count: 1}
deploy: [operator, owner]
isolation: any
frozen: true
frozenReason: "R & D: *why*, [x] {y} - z"
""")
    status, _, answer = server.request(
        "PUT", "/api/v1/spaces/prod/policy", json.dumps(yaml.safe_load(policy.read_text())))
    assert status == 200, answer
    options = {
        "instances": 2, "minInstances": 0, "idleSeconds": 60, "queueLimit": 9, "intraOpThreads": 2,
        "deadlineMilliseconds": 5000, "maxBodyBytes": 1 << 20, "isolation": "worker", "workerMemoryBytes": 1 << 30,
        "ledger": {"share": 0.25, "hash": ["a"], "retentionDays": 3}}
    for endpoint, model, wanted in (
            ("full", "addsub", options), ("bare", "plain", {}), ("true", "plain", {"queueLimit": 3})):
        status, answer = server.json(
            "PUT", f"/api/v1/spaces/dev/deployments/{endpoint}", {"model": model, "options": wanted})
        assert status == 200, answer
    monitor = {
        "drift": {"fullRows": 500, "leastIndex": 0.3},
        "quality": {"task": "classification", "segments": ["a b"], "window": {"rows": 500, "hours": 24}},
        "alerts": {
            "rules": [{"name": "errors", "objective": 99.0, "burn": 6}, {"name": "traffic", "enabled": False},
                      {"name": "slow", "kind": "latency", "milliseconds": 200, "for": "5m"}],
            "notify": [{"webhook": "https://example.com/a?b=c&d=e"}]},
        "retraining": [{
            "name": "nightly", "when": {"schedule": "*/10 3 * * mon-fri"}, "webhook": "https://example.com/train",
            "coolDown": "2h", "then": {"promote": {"to": "prod"}, "rollout": {"strategy": "canary", "steps": [5, 100]}}}]}
    status, answer = server.json("PUT", "/api/v1/spaces/dev/deployments/full/monitor", monitor)
    assert status == 200, answer


def test_an_export_changes_nothing_where_it_is_from_and_has_no_secret(new_server, models, tmp_path):
    server = new_server("data", "--allow-commands")
    rich(server, models, tmp_path)
    secret = server.json("GET", "/api/v1/spaces/dev/webhook-secret")[1]
    exported = server.cli("export").stdout
    document = yaml.safe_load(exported)
    assert {space["name"] for space in document["spaces"]} == {"default", "dev", "test", "prod"}
    assert [one["endpoint"] for one in document["deployments"]] == ["bare", "full", "true"]
    for value in secret.values():
        assert len(str(value)) < 16 or str(value) not in exported
    path = write(tmp_path, exported, "export.yaml")
    before = generation(server)
    again = diff(server, path, "--prune")
    assert (again.returncode, again.stderr) == (0, ""), again.stdout + again.stderr
    assert "nothing to do" in apply(server, path, "--prune").stdout
    assert generation(server) == before
    # JSON is the same; one space alone is a file too.
    assert json.loads(server.cli("export", "--output", "json").stdout) == document
    part = write(tmp_path, server.cli("export", "--space", "prod").stdout, "prod.yaml")
    assert [space["name"] for space in yaml.safe_load(part.read_text())["spaces"]] == ["prod"]
    assert diff(server, part, "--prune").returncode == 0
    assert server.cli("export", "--space", "prd", check=False).returncode == 1
    jsonschema.validate(document, schema(server))
    # Elsewhere, where the bytes are, it makes the same server.
    other = new_server("other", "--allow-commands")
    other.cli("space", "create", "dev")
    for file, name in (("addsub", "addsub"), ("identity_fp32", "plain")):
        other.cli("model", "push", models / f"{file}.onnx", "--name", name, "--space", "dev")
    other.cli("dataset", "push", tmp_path / "rows.csv", "--name", "rows", "--space", "dev")
    apply(other, path)
    assert other.cli("export").stdout == exported


def schema(server):
    return server.json("GET", "/api/v1/slipway.schema.json")[1]


WRONG = [
    {"deploymnets": []}, {"spaces": [{"policy": {}}]}, {"spaces": [{"name": "a b"}]}, {"spaces": "dev"},
    {"deployments": [{"endpoint": "a", "version": "newest"}]}, {"deployments": [{"endpoint": "a", "version": 0}]},
    {"deployments": [{"endpoint": "a", "options": {"instances": 0}}]},
    {"deployments": [{"endpoint": "a", "options": {"optoins": 1}}]},
    {"deployments": [{"endpoint": "a", "watch": "soon"}]}, {"models": [{"name": "m", "file": "/etc/passwd"}]},
    {"spaces": [{"name": "a", "members": [{"principal": "p", "role": "reporter"}]}]},
    {"spaces": [{"name": "a", "policy": {"gates": [{"name": "g", "kind": "holdot"}]}}]},
    {"monitors": [{"endpoint": "a", "drift": {"fullRows": "many"}}]}, {"monitors": [{"drift": {}}]},
    {"monitors": [{"endpoint": "a", "retraining": [{"name": "x", "comand": []}]}]},
]


def test_the_schema_is_the_committed_one_and_says_what_the_reader_says(server, tmp_path):
    status, _, served = server.request("GET", "/api/v1/slipway.schema.json")
    assert status == 200
    assert served.decode() == (REPOSITORY / "docs/reference/slipway.schema.json").read_text()
    draft = json.loads(served)
    assert draft["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(draft)
    validator = jsonschema.Draft202012Validator(draft)
    validator.validate(yaml.safe_load((REPOSITORY / "examples/slipway.yaml").read_text()))
    validator.validate(yaml.safe_load(FIRST))
    for number, document in enumerate(WRONG):
        assert list(validator.iter_errors(document)), document
        path = write(tmp_path, yaml.safe_dump(document), f"wrong-{number}.yaml")
        result = diff(server, path)
        assert result.returncode == 1, (document, result.stdout)
        assert f"error: {path}" in result.stderr


def test_the_example_is_applied(new_server):
    server = new_server()
    apply(server, REPOSITORY / "examples/slipway.yaml")
    assert diff(server, REPOSITORY / "examples/slipway.yaml").returncode == 0
    request = json.loads((REPOSITORY / "examples/iris/request.json").read_text())
    assert server.json("POST", "/spaces/dev/v2/models/iris/infer", request)[0] == 200


def test_what_is_wrong_is_said_with_its_line_and_nothing_is_changed(new_server, team):
    server = new_server()
    path = team / "slipway.yaml"
    before = generation(server)

    def refused(text, code=1):
        path.write_text(text)
        result = server.cli("apply", "-f", path, "--yes", check=False)
        assert result.returncode == code, result.stdout + result.stderr
        assert generation(server) == before
        return result.stderr

    said = refused("spaces:\n  - name: dev\n    polcy: {}\n")
    assert f"error: {path}:3: 'spaces[0].polcy' means nothing here\n hint: did you mean 'policy'?" in said
    assert f"{path}:2: there is no space 'defaut'\n hint: did you mean 'default'?" in refused(
        "deployments:\n  - {endpoint: a, space: defaut}\n")
    assert f"{path}:2: there is no file gone.onnx" in refused("models:\n  - {name: m, file: gone.onnx}\n")
    assert "leads out of the folder" in refused("models:\n  - {name: m, file: ../x.onnx}\n")
    os.symlink("/etc/hostname", team / "link.onnx")
    assert f"{path}:2: link.onnx leads out of the folder" in refused("models:\n  - {name: m, file: link.onnx}\n")
    assert f"{path}:1: " in refused("a: &a [x, x]\nb: [*a, *a, *a]\n")
    assert "not YAML" in refused("spaces: [\n")
    assert "declared a second time" in refused("spaces: [{name: a}, {name: a}]\n")
    # Every problem of a plan is said, not only the first.
    said = refused("deployments:\n  - {endpoint: a, model: gone}\n  - {endpoint: b, model: lost}\n")
    assert f"{path}:2: " in said and f"{path}:3: " in said
    write(team, "spaces: [{name: a}]\n", "a.yaml")
    path.write_text("spaces: [{name: a}]\n")
    result = server.cli("diff", "-f", team, check=False)
    assert result.returncode == 1
    assert f"hint: the first time was at {team}/a.yaml:1" in result.stderr
    assert server.cli("diff", "-f", team / "nothing.yaml", check=False).returncode == 64
    result = server.cli("diff", "-f", "-", check=False, input="spaces: [{name: b, x: 1}]")
    assert "standard input:1: 'spaces[0].x' means nothing here" in result.stderr


def test_a_step_that_fails_says_what_was_done_and_the_next_apply_goes_on(new_server, team, models):
    server = new_server()
    path = team / "slipway.yaml"
    good = (team / "addsub.onnx").read_bytes()
    (team / "addsub.onnx").write_bytes(b"no model at all")
    result = server.cli("apply", "-f", path, "--yes", check=False)
    assert result.returncode == 1
    assert "done: data set rows in space dev" in result.stdout
    assert "failed: model addsub in space dev" in result.stderr
    assert "not tried: deployment addsub in space dev" in result.stderr
    assert "5 of 8 steps are done and stay so; apply again to go on" in result.stderr
    assert server.json("GET", BASE)[1].get("current") is None
    (team / "addsub.onnx").write_bytes(good)
    assert "applied: 3 of 3 steps" in apply(server, path).stdout


def many(count):
    return "spaces:\n" + "".join(f"  - {{name: s{n}, policy: {{isolation: worker}}}}\n" for n in range(count))


def test_an_applier_that_is_killed_half_way_leaves_what_the_next_one_finishes(new_server, tmp_path):
    server = new_server()
    path = write(tmp_path, many(60))
    applier = subprocess.Popen(
        [str(BINARY), "apply", "-f", str(path), "--yes", "--server", server.url], stdout=subprocess.PIPE, text=True,
        env=environment())
    for line in applier.stdout:
        if line.startswith("done:"):
            break
    held = server.json("GET", BASE)[1]["current"]["application"]
    applier.kill()
    applier.wait(30)
    applier.stdout.close()
    assert 1 < len(server.cli_json("space", "list")) < 61
    # Its hold runs out by itself; who waits begins then, and goes on from where it was.
    applied = apply(server, path, "--wait", "120s", timeout=300).stdout
    assert "applied:" in applied and "applied: 120 of 120" not in applied
    assert diff(server, path).returncode == 0
    # The one that was killed, had it lived, would have been told so at its next step.
    status, refusal = server.json(
        "POST", "/api/v1/spaces", {"name": "late"}, {"Slipway-Application": str(held)})
    assert (status, refusal["code"], refusal["field"]) == (409, "conflict", "application")
    assert server.request("GET", "/api/v1/spaces/late")[0] == 404


def test_two_appliers_at_once_do_not_interleave(new_server, tmp_path):
    server = new_server()
    paths = [write(tmp_path, f"spaces:\n" + "".join(f"  - name: {who}{n}\n" for n in range(15)), f"{who}.yaml")
             for who in ("a", "b")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda path: apply(server, path, "--wait", "60s", timeout=300), paths))
    assert all("applied: 15 of 15 steps" in result.stdout for result in results)
    events = list(reversed(server.cli_json("audit", "list", "--limit", "100")))
    made = [event["subject"][0] for event in events if event["action"] == "space.create"]
    assert "".join(made) in ("a" * 15 + "b" * 15, "b" * 15 + "a" * 15)
    kinds = [event["action"].split(".")[1] for event in events if event["action"].startswith("application.")]
    assert kinds == ["begin", "end"] * 2


def test_the_second_applier_hears_who_the_first_one_is(new_server, tmp_path):
    server = new_server()
    path = write(tmp_path, "spaces: [{name: new}]\n")
    status, first = begin(server)
    assert (status, first["principal"], first["steps"]) == (201, "local", 1)
    result = server.cli("apply", "-f", path, "--yes", check=False)
    assert result.returncode == 1
    assert f"'local' is applying since {first['since']}: application {first['application']}" in result.stderr
    assert server.request("GET", "/api/v1/spaces/new")[0] == 404
    assert server.json("POST", f"{BASE}/{first['application']}/renew")[0] == 200
    assert end(server, first["application"]) == 200
    assert end(server, first["application"]) == 409
    assert server.json("POST", f"{BASE}/{first['application']}/renew")[0] == 409
    apply(server, path)


def test_a_plan_of_an_earlier_state_begins_nothing(new_server):
    server = new_server()
    status, headers, _ = server.request("GET", BASE)
    assert headers["etag"] == f'"{generation(server)}"'
    server.cli("space", "create", "between")
    status, refusal = begin(server, {"If-Match": headers["etag"]})
    assert (status, refusal["field"]) == (412, "ifMatch")
    assert server.json("GET", BASE)[1].get("current") is None


def test_what_others_do_between_the_steps_is_never_overwritten(new_server, models):
    server = new_server()
    server.push_file(models / "addsub.onnx", "addsub")
    deployment = "/api/v1/spaces/default/deployments/addsub"
    absent = {"If-Match": '"0"'}
    assert server.request("PUT", deployment, {"model": "addsub"}, absent)[0] == 200
    status, refusal = server.json("PUT", deployment, {"model": "addsub", "options": {"queueLimit": 3}}, absent)
    assert (status, refusal["field"]) == (412, "ifMatch")
    member = "/api/v1/spaces/default/members/alice"
    assert server.request("PUT", member, {"role": "viewer"}, {"If-Match": '"none"'})[0] == 200
    for headers in ({"If-Match": '"none"'}, {"If-Match": '"owner"'}):
        assert server.json("PUT", member, {"role": "operator"}, headers)[1]["field"] == "ifMatch"
        assert server.json("DELETE", member, None, headers)[1]["field"] == "ifMatch"
    assert server.json("PUT", member, {"role": "operator"}, {"If-Match": '"3"'})[0] == 400
    assert server.request("PUT", member, {"role": "operator"}, {"If-Match": '"viewer"'})[0] == 200
    assert server.request("DELETE", member, None, {"If-Match": '"operator"'})[0] == 200


def test_prune_says_what_goes_and_takes_nothing_that_the_file_does_not_speak_of(new_server, team):
    server = new_server()
    path = team / "slipway.yaml"
    apply(server, path)
    server.cli("deploy", "addsub", "--as", "extra", "--space", "dev")
    server.cli("member", "add", "mallory", "--role", "owner", "--space", "prod")
    server.cli("member", "add", "carol", "--role", "viewer", "--space", "dev")
    server.cli("space", "create", "spare")
    assert diff(server, path).returncode == 0
    shown = diff(server, path, "--prune")
    assert shown.returncode == 2
    assert "- deployment extra in space dev" in shown.stdout
    assert "- member mallory in space prod" in shown.stdout
    assert "0 to add, 0 to change, 2 to remove" in shown.stdout
    apply(server, path, "--prune")
    assert diff(server, path, "--prune").returncode == 0
    assert [one["endpoint"] for one in server.cli_json("deployment", "list", "--space", "dev")] == ["addsub"]
    assert [one["principal"] for one in server.cli_json("member", "list", "--space", "dev")] == ["carol"]
    # Neither spaces nor versions nor data sets ever go.
    path.write_text("spaces: [{name: dev, members: []}]\nmodels:\ndataSets:\ndeployments:\nmonitors:\n")
    shown = apply(server, path, "--prune").stdout
    assert "3 steps" not in shown and "- model" not in shown and "- data set" not in shown
    assert server.cli_json("model", "show", "addsub", "--space", "dev")["model"]["latestVersion"] == 1
    assert server.request("GET", "/api/v1/spaces/spare")[0] == 200


def at_a_terminal(arguments, answer):
    """Runs the command line at a terminal, answers its question: (exit code, what it showed)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(str(BINARY), ["slipway", *map(str, arguments)], environment())
    shown = b""
    answered = False
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if not answered and b"[y/N]" in shown:
            os.write(terminal, answer + b"\n")
            answered = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode(errors="replace")


def test_apply_asks_at_a_terminal_and_nowhere_else(new_server, tmp_path):
    server = new_server()
    path = write(tmp_path, "spaces: [{name: new}]\n")
    command = ["apply", "-f", path, "--server", server.url]
    result = server.cli("apply", "-f", path, check=False, input="y\n")
    assert (result.returncode, server.request("GET", "/api/v1/spaces/new")[0]) == (64, 404)
    assert "--yes" in result.stderr
    code, shown = at_a_terminal(command, b"n")
    assert (code, server.request("GET", "/api/v1/spaces/new")[0]) == (1, 404)
    assert "declined: nothing was changed" in shown
    code, shown = at_a_terminal(command, b"y")
    assert (code, server.request("GET", "/api/v1/spaces/new")[0]) == (0, 200), shown


def test_who_may_change_nothing_keeps_nobody_waiting(new_server, tmp_path):
    server = new_server("data", "--auth")
    owner = printed_key(server)
    as_owner = {"SLIPWAY_TOKEN": owner}
    keys = {}
    for name, role in (("vera", "viewer"), ("dan", "developer")):
        server.cli("member", "add", name, "--role", role, env=as_owner)
        made = json.loads(server.cli(
            "key", "create", "--principal", name, "--output", "json", env=as_owner).stdout)
        keys[name] = made["key"]
    assert begin(server, bearer(keys["vera"]))[0] == 403
    status, mine = begin(server, bearer(keys["dan"]))
    assert (status, mine["principal"]) == (201, "dan")
    assert server.request("POST", f"{BASE}/{mine['application']}/renew", None, bearer(owner))[0] == 403
    assert end(server, mine["application"], bearer(keys["vera"])) == 403
    # An owner of the server ends what nobody else can; steps need their own permission all the same.
    assert end(server, mine["application"], bearer(owner)) == 200
    path = write(tmp_path, "spaces: [{name: new}]\n")
    result = server.cli("apply", "-f", path, "--yes", check=False, env={"SLIPWAY_TOKEN": keys["dan"]})
    assert result.returncode == 1 and "0 of 1 steps are done" in result.stderr
    exported = server.cli("export", env=as_owner).stdout
    assert "slw_" not in exported and owner not in exported
