"""What a space demands of its deployments: set, shown, kept, and put into effect without a failed request."""

import threading

import pytest

POLICY = "/api/v1/spaces/default/policy"
INPUTS = [{"name": name, "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]} for name in "ab"]


@pytest.fixture
def server(new_server, models):
    server = new_server()
    server.push_file(models / "addsub.onnx", "addsub")
    return server


def places(server):
    """Where each endpoint runs, and who decided it."""
    return {one["endpoint"]: (one["isolation"], one["isolationReason"])
            for one in server.cli_json("deployment", "list")}


def test_a_demand_moves_what_runs_and_ends(server):
    server.put_deployment("free", "addsub")
    server.put_deployment("alone", "addsub", options={"isolation": "worker"})
    asked = ("worker", "asked for by the deployment")
    assert places(server) == {"free": ("shared", ""), "alone": asked}
    done = server.cli("space", "set-policy", "default", "--isolation", "worker")
    assert "space default demands worker isolation" in done.stdout
    demanded = ("worker", "demanded by the space")
    assert places(server) == {"free": demanded, "alone": demanded}
    assert "worker: demanded by the space" in server.cli("deployment", "show", "free").stdout
    assert "worker isolation" in server.cli("status").stdout
    for endpoint in ("free", "alone"):
        assert server.infer(endpoint, INPUTS)[0] == 200
    # It is the space's, and outlives the server.
    assert server.terminate() == 0
    server.start()
    assert places(server)["free"] == demanded
    assert server.infer("free", INPUTS)[0] == 200
    server.cli("space", "set-policy", "default", "--isolation", "any")
    assert places(server) == {"free": ("shared", ""), "alone": asked}


def test_a_deploy_that_asks_for_the_other_one_is_refused(server):
    server.cli("space", "set-policy", "default", "--isolation", "worker")
    result = server.cli("deploy", "addsub", "--isolation", "shared", check=False)
    assert result.returncode == 1
    assert "space 'default' demands worker isolation, the deployment asks for shared" in result.stderr
    assert server.request("GET", "/api/v1/spaces/default/deployments/addsub")[0] == 404
    status, refusal = server.json(
        "PUT", "/api/v1/spaces/default/deployments/addsub", {"model": "addsub", "options": {"isolation": "shared"}})
    assert (status, refusal["code"], refusal["field"]) == (403, "refused", "isolation")
    # Memory of a worker may be bounded without asking for one: the space does.
    deployed = server.cli_json("deploy", "addsub", "--worker-memory-bytes", str(1 << 30))
    assert (deployed["isolation"], deployed["options"]["workerMemoryBytes"]) == ("worker", 1 << 30)


def test_the_policy_has_an_entity_tag_and_takes_keys(server):
    status, headers, _ = server.request("GET", POLICY)
    assert (status, headers["etag"]) == (200, '"0"')
    key = {"Idempotency-Key": "one", "If-Match": '"0"'}
    for _ in range(2):
        status, headers, body = server.request("PUT", POLICY, {"isolation": "worker"}, key)
        assert (status, headers["etag"], body) == (200, '"1"', b'{"isolation":"worker"}')
    assert server.request("PUT", POLICY, {"isolation": "any"}, {"If-Match": '"0"'})[0] == 412
    assert server.request("PUT", POLICY, {"isolation": "any"}, {"Idempotency-Key": "one"})[0] == 409
    status, answer = server.json("PUT", POLICY, {"isolation": "docker"})
    assert (status, answer["field"]) == (400, "isolation")
    assert answer["hint"] == "did you mean 'worker'? there are any, shared, worker"
    assert server.json("PUT", POLICY, {"isolatoin": "any"})[1]["hint"] == "did you mean 'isolation'?"
    assert server.request("PUT", "/api/v1/spaces/nowhere/policy", {"isolation": "any"})[0] == 404
    assert server.json("GET", POLICY)[1] == {"isolation": "worker"}


def test_spaces_show_what_they_demand(server):
    assert server.cli_json("space", "list")[0]["policy"] == {"isolation": "any"}
    assert server.cli_json("space", "set-policy", "default", "--isolation", "shared") == {"isolation": "shared"}
    assert server.cli_json("space", "show", "default")["policy"] == {"isolation": "shared"}
    assert "shared isolation" in server.cli("space", "show", "default").stdout
    assert "shared isolation" in server.cli("space", "list").stdout
    result = server.cli("space", "show", "nowhere", check=False)
    assert (result.returncode, "there is no space 'nowhere'" in result.stderr) == (1, True)
    assert server.cli("space", "set-policy", "default", "--isolation", "x", check=False).returncode == 64


def test_no_request_fails_while_the_space_changes_its_mind(server):
    server.put_deployment("busy", "addsub")
    failures, answered, over = [], [0], threading.Event()

    def ask():
        while not over.is_set():
            status, answer = server.infer("busy", INPUTS)
            if status != 200:
                failures.append((status, answer))
            answered[0] += 1

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        for isolation in ["worker", "shared", "any"] * 3:
            server.cli("space", "set-policy", "default", "--isolation", isolation)
            assert server.infer("busy", INPUTS)[0] == 200
    finally:
        over.set()
        for caller in callers:
            caller.join()
    assert not failures, failures[:3]
    assert answered[0] > 0
