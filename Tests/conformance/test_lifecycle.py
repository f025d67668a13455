"""Deploying over what serves, restarts and ends: no request fails, no answer comes from another version than it says, and
what was committed is back."""

import http.client
import json
import os
import pathlib
import re
import select
import signal
import socket
import sys
import threading
import time

import pytest

from recipes import constant, graph, model, node, tensor
from slipway_server import SlipwayServer, wait_gone, wait_until

FACTORS = {1: 10.0, 2: 20.0, 3: 30.0}
X = [1.0, 2.0, 3.0]


def body_of(rows):
    return json.dumps(
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [rows, 3], "data": X * rows}]}).encode()


BODY = body_of(1)


@pytest.fixture(scope="module")
def factors(tmp_path_factory):
    """Models that multiply by 10, 20 and 30: an answer says which version made it."""
    import numpy
    import onnx

    folder = tmp_path_factory.mktemp("factors")
    for version, factor in FACTORS.items():
        made = model(graph(
            "factor", [node("Mul", ["x", "factor"], ["y"])], [tensor("x", "FP32", ["batch", 3])],
            [tensor("y", "FP32", ["batch", 3])], [constant("factor", numpy.float32(factor))]))
        onnx.save(made, folder / f"{version}.onnx")
    return folder


def ask(server, endpoint="factor"):
    status, answer = server.json("POST", f"/v2/models/{endpoint}/infer", BODY)
    assert status == 200, answer
    return int(answer["model_version"]), answer["outputs"][0]["data"]


def right(version, values):
    return values == [FACTORS[version] * x for x in X] * (len(values) // 3)


class Load:
    """Threads that ask without pause, each on its own connection, and keep what went wrong."""

    def __init__(self, server, threads=4, rows=1, endpoint="factor"):
        self.server = server
        self.body = body_of(rows)
        self.path = f"/v2/models/{endpoint}/infer"
        self.wrong = []
        self.seen = {}
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        count, last = {}, 0
        try:
            while not self.ending.is_set():
                connection.request("POST", self.path, self.body)
                response = connection.getresponse()
                text = response.read()
                if response.status != 200:
                    self.wrong.append((response.status, text))
                    continue
                answer = json.loads(text)
                version = int(answer["model_version"])
                if not right(version, answer["outputs"][0]["data"]):
                    self.wrong.append(answer)
                count[version] = count.get(version, 0) + 1
                last = version
        except Exception as error:
            self.wrong.append(error)
        finally:
            connection.close()
            with self.lock:
                for version, number in count.items():
                    self.seen[version] = self.seen.get(version, 0) + number
        assert last


@pytest.mark.parametrize("rows", [1, 3000], ids=["on event loops", "on threads of the model"])
def test_swapping_under_load_fails_nobody_and_misleads_nobody(new_server, factors, rows):
    server = new_server()
    for version in FACTORS:
        server.push_file(factors / f"{version}.onnx", "factor")
    server.put_deployment("factor", "factor", version=1)
    with Load(server, rows=rows) as load:
        for swap in range(30):
            version = 1 + (swap + 1) % 3
            server.put_deployment("factor", "factor", version=version)
            # Once the deploy is acknowledged, the new version answers; never again the old one.
            for _ in range(5):
                got, values = ask(server)
                assert got == version and right(version, values)
    assert load.wrong == []
    assert set(load.seen) == set(FACTORS), load.seen
    assert sum(load.seen.values()) > 100


def test_deploys_that_race_leave_one_of_them_serving(new_server, factors):
    server = new_server()
    for version in FACTORS:
        server.push_file(factors / f"{version}.onnx", "factor")
    server.put_deployment("factor", "factor", version=1)
    outcomes = []

    def deploy(version):
        for _ in range(5):
            outcomes.append(server.json(
                "PUT", "/api/v1/spaces/default/deployments/factor", {"model": "factor", "version": version})[0])

    with Load(server, threads=2) as load:
        threads = [threading.Thread(target=deploy, args=[version]) for version in FACTORS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert load.wrong == [] and outcomes == [200] * 15
    now = server.json("GET", "/api/v1/spaces/default/deployments/factor")[1]
    assert ask(server)[0] == now["version"]
    history = server.json("GET", "/api/v1/spaces/default/deployments/factor/revisions")[1]["items"]
    assert sorted(revision["revision"] for revision in history) == list(range(1, now["revision"] + 1))
    (current,) = [revision for revision in history if revision["isCurrent"]]
    assert (current["revision"], current["version"]) == (now["revision"], now["version"])


def test_unload_delete_and_deploy_of_others_disturb_nobody(new_server, factors, models):
    server = new_server()
    server.push_file(factors / "1.onnx", "factor")
    server.put_deployment("factor", "factor")
    server.push_file(models / "addsub.onnx", "addsub")
    with Load(server) as load:
        for _ in range(10):
            server.put_deployment("other", "addsub")
            assert server.json("POST", "/v2/repository/models/other/unload")[0] == 200
            assert server.json("POST", "/v2/repository/models/other/load")[0] == 200
            assert server.request("DELETE", "/api/v1/spaces/default/deployments/other")[0] == 200
    assert load.wrong == [] and set(load.seen) == {1}


def blob_file(server, sha256):
    found = [path for path in server.data.rglob("*") if path.is_file() and sha256 in str(path).replace("/", "")]
    assert found, f"no file for {sha256}"
    return found


def test_a_version_that_fails_to_load_leaves_the_old_one_serving(new_server, factors):
    server = new_server()
    server.push_file(factors / "1.onnx", "factor")
    server.put_deployment("factor", "factor", version=1)
    second = server.push_file(factors / "2.onnx", "factor")["version"]
    # The bytes of version 2 go bad on the disk.
    for path in blob_file(server, second["files"][0]["sha256"]):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.chmod(0o600)
        path.write_bytes(data)
    with Load(server, threads=2) as load:
        result = server.cli("deploy", "factor:2", check=False)
        assert result.returncode == 1
        assert "error: " in result.stderr
        assert re.search(r"SHA-256|digest|hash|damaged|bytes", result.stderr), result.stderr
        status, refusal = server.json("PUT", "/api/v1/spaces/default/deployments/factor", {"model": "factor", "version": 2})
        assert 400 <= status < 600 and refusal["error"], refusal
        assert ask(server) == (1, [10, 20, 30])
    assert load.wrong == [] and set(load.seen) == {1}
    shown = server.cli_json("deployment", "show", "factor")
    assert (shown["version"], shown["revision"], shown["state"]) == (1, 1, "ready")
    # Pushing the good bytes again repairs it.
    server.cli("model", "push", factors / "2.onnx", "--name", "factor")
    server.cli("deploy", "factor:2")
    assert ask(server) == (2, [20, 40, 60])


def test_everything_is_back_after_a_restart(new_server, factors, models):
    server = new_server()
    for version in FACTORS:
        server.push_file(factors / f"{version}.onnx", "factor")
    server.put_deployment("factor", "factor", version=2, options={"deadlineMilliseconds": 4321})
    server.deploy(models / "external_data", "external")
    before = server.json("GET", "/api/v1/spaces/default/deployments/factor")[1]
    for ending in [server.terminate, server.kill]:
        ending()
        server.start()
        assert ask(server) == (2, [20, 40, 60])
        after = server.json("GET", "/api/v1/spaces/default/deployments/factor")[1]
        for key in ["version", "revision", "state", "options", "createdAt", "updatedAt"]:
            assert after[key] == before[key]
        assert server.json("GET", "/v2/models/external/ready")[0] == 200
        assert server.json("POST", "/api/v1/verify")[1]["problems"] == []
        history = server.json("GET", "/api/v1/spaces/default/deployments/factor/revisions")[1]["items"]
        assert [revision["revision"] for revision in history] == [1]


def test_a_version_damaged_while_the_server_was_down_keeps_nobody_else_from_answering(new_server, factors, models):
    server = new_server()
    bad = server.push_file(factors / "1.onnx", "factor")["version"]
    server.put_deployment("factor", "factor")
    server.deploy(models / "addsub.onnx", "addsub")
    assert server.terminate() == 0
    for path in blob_file(server, bad["files"][0]["sha256"]):
        path.chmod(0o600)
        path.write_bytes(b"x" * path.stat().st_size)
    server.start()
    assert server.json("GET", "/v2/models/addsub/ready")[0] == 200
    assert server.json("GET", "/v2/models/factor/ready")[0] == 503
    status, answer = server.json("POST", "/v2/models/factor/infer", BODY)
    assert status == 503 and answer["error"]
    shown = server.cli_json("deployment", "show", "factor")
    assert shown["state"] == "failed" and shown["message"]
    assert "failed: factor" in server.cli("status").stderr
    assert server.cli("doctor", check=False).returncode == 1
    entry = {item["name"]: item for item in server.json("POST", "/v2/repository/index")[1]}["factor"]
    assert entry["state"] == "UNAVAILABLE" and entry["reason"]
    server.cli("model", "push", factors / "1.onnx", "--name", "factor")
    server.cli("deploy", "factor")
    assert ask(server) == (1, [10, 20, 30])


# Ends


def loop_request(models, rounds):
    """A prediction that adds 1 as often as `rounds` says."""
    attack = json.loads((models / "loop_by_input.cases.json").read_text())["attacks"][0]
    inputs = {tensor["name"]: {key: tensor[key] for key in ["name", "datatype", "shape", "data"]}
              for tensor in attack["inputs"]}
    inputs["count"]["data"] = [rounds]
    return json.dumps({"inputs": list(inputs.values())}).encode()


def slow_request(server, models, seconds):
    """A prediction that takes about so long on this machine. Deploys the model that it is for at `loop`."""
    server.deploy(models / "loop_by_input.onnx", "loop")
    rounds = 1000
    while True:
        began = time.monotonic()
        assert server.request("POST", LOOP, loop_request(models, rounds))[0] == 200
        took = time.monotonic() - began
        if took > 0.1:
            return loop_request(models, int(rounds * seconds / took))
        rounds *= 4


def quick_answer(server, endpoint="loop"):
    """What the endpoint of `slow_request` answers when it has next to nothing to do, right or not."""
    inputs = [{"name": "count", "datatype": "INT64", "shape": [], "data": [3]},
              {"name": "x", "datatype": "FP32", "shape": [4], "data": [0, 1, 2, 3]}]
    status, answer = server.infer(endpoint, inputs)
    return status, answer["outputs"][0]["data"] if status == 200 else answer


LOOP = "/v2/models/loop/infer"


def begin(server, path, body):
    """Sends a request whose answer is fetched by `finish`."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    connection.sendall(
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    return connection


def finish(connection):
    response = http.client.HTTPResponse(connection)
    response.begin()
    body = response.read()
    connection.close()
    return response.status, response.headers, body


def is_answered(connection):
    return bool(select.select([connection], [], [], 0)[0])


@pytest.mark.parametrize("flags", [(), ("--no-supervisor",)])
def test_sigterm_lets_what_is_under_way_finish(new_server, models, flags):
    server = new_server("data", *flags)
    body = slow_request(server, models, seconds=1.5)
    idle, probe = server.connect(), http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    idle.sendall(b"GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert idle.recv(65536).startswith(b"HTTP/1.1 200")
    connection = begin(server, LOOP, body)
    # Round trips, so that the server has read what was sent before: connections go to its loops in turn, and what a loop has
    # not read yet is on a connection that is idle for it.
    for _ in range(os.cpu_count()):
        assert server.json("GET", "/v2/health/ready")[0] == 200
    server.process.send_signal(signal.SIGTERM)
    assert not is_answered(connection), "the prediction was too quick to tell anything"
    # Readiness is off, or nobody listens any more.
    deadline = time.monotonic() + 5
    while True:
        try:
            probe.request("GET", "/v2/health/ready")
            response = probe.getresponse()
            response.read()
            if response.status == 503:
                break
        except (OSError, http.client.HTTPException):
            break
        assert time.monotonic() < deadline, "readiness stays on"
    status, headers, answer = finish(connection)
    assert status == 200
    assert json.loads(answer)["outputs"][0]["name"] == "y"
    assert headers["connection"] == "close"
    assert server.process.wait(20) == 0
    # An idle connection does not hold the end up, and learns of it.
    idle.settimeout(5)
    assert idle.recv(65536) == b""
    with pytest.raises(OSError):
        server.connect()


@pytest.mark.parametrize("rows", [1, 3000])
def test_sigterm_under_load_cuts_no_answer(new_server, factors, rows):
    server = new_server()
    server.push_file(factors / "1.onnx", "factor")
    server.put_deployment("factor", "factor")
    with Load(server, rows=rows) as load:
        time.sleep(0.3)
        assert server.terminate() == 0
    # A connection may end between two requests, as any kept-alive one; no answer is an error or ends in the middle.
    assert all(isinstance(end, (http.client.RemoteDisconnected, ConnectionError)) for end in load.wrong), load.wrong
    assert len(load.wrong) <= 4 and load.seen[1] > 20


@pytest.mark.parametrize("flags", [(), ("--no-supervisor",)])
def test_a_second_sigterm_ends_at_once(new_server, models, flags):
    server = new_server("data", *flags)
    server.deploy(models / "loop_by_input.onnx", "loop")
    connection = begin(server, LOOP, loop_request(models, 2**40))
    # Others are answered meanwhile.
    assert server.json("GET", "/v2/health/ready")[0] == 200
    assert server.json("POST", LOOP, loop_request(models, 3))[1]["outputs"][0]["data"] == [3, 4, 5, 6]
    assert not is_answered(connection)
    children = server.children()
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert server.process.poll() is None, "the prediction under way was given up"
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(10) != 0
    assert time.monotonic() - began < 5
    for child in children:
        wait_gone(child)
    connection.close()
    # Nothing is lost by it.
    server.start()
    assert server.json("GET", "/v2/models/loop/ready")[0] == 200


def test_an_endless_prediction_holds_the_end_up_for_the_drain_time_only(new_server, models):
    server = new_server(env={"SLIPWAY_DRAIN_SECONDS": "2"})
    server.deploy(models / "loop_by_input.onnx", "loop")
    connection = begin(server, LOOP, loop_request(models, 2**40))
    assert server.json("GET", "/v2/health/ready")[0] == 200
    began = time.monotonic()
    assert server.terminate(timeout=20) == 0
    assert time.monotonic() - began < 10
    connection.close()


# Starts


@pytest.fixture
def slow_start(new_server, models, tmp_path):
    """A server that is down and takes seconds to come up: its model `slow` has golden inputs that it is busy with for long,
    twice at each load. `loop` is loaded at once."""
    server = new_server(env={"SLIPWAY_CHECK_TRIAL_SECONDS": "60"})
    golden = tmp_path / "golden.json"
    golden.write_text(json.dumps([json.loads(slow_request(server, models, seconds=2))]))
    server.cli("model", "push", models / "loop_by_input.onnx", "--name", "slow", "--golden", golden)
    server.cli("deploy", "slow")
    assert server.terminate() == 0
    return server


def spawn_into_loading(server):
    """Starts it, and returns as soon as it answers, which it has to do while it still loads."""
    server.spawn()

    def answers():
        try:
            return server.request("GET", "/v2/health/live")[0] == 200
        except OSError:
            return False  # it does not listen yet

    wait_until(answers, "an open door", timeout=30)
    assert server.json("GET", "/v2/health/ready") == (503, {"ready": False}), "the doors stayed shut until all was loaded"


def test_the_doors_open_before_the_last_model_is_loaded(slow_start):
    server = slow_start
    spawn_into_loading(server)
    server.wait_announced()
    assert "Models are still being loaded" in server.log_text()[server.said_before:]
    # Who needs another model, or none, does not wait for the slow one.
    assert quick_answer(server) == (200, [3, 4, 5, 6])
    assert server.json("GET", "/api/v1/spaces/default/deployments/slow")[1]["state"] == "loading"
    assert server.json("GET", "/v2/models/slow/ready")[0] == 503
    assert server.json("GET", "/v2/health/ready")[0] == 503
    # Who needs it waits for it.
    assert quick_answer(server, "slow") == (200, [3, 4, 5, 6])
    server.wait_ready()
    assert server.json("GET", "/v2/models/slow/ready")[0] == 200


@pytest.mark.parametrize("flags", [(), ("--no-supervisor",)])
def test_sigterm_while_models_are_loaded_ends_the_server_in_order_and_without_waiting_for_them(slow_start, flags):
    server = slow_start
    server.flags = list(flags)
    spawn_into_loading(server)
    began = time.monotonic()
    assert server.terminate() == 0
    assert time.monotonic() - began < 3, "it waited for the model"
    said = server.log_text()[server.said_before:]
    assert "stopped" in said and "cannot be loaded" not in said and "could not" not in said
    # What looks after rollouts, alerts and runs had not begun; the next start makes up for it.
    server.start(timeout=60)
    assert quick_answer(server, "slow") == (200, [3, 4, 5, 6])


WITH_A_SIGNAL_WAITING = """
import os, signal, sys
number = int(sys.argv[1])
signal.pthread_sigmask(signal.SIG_BLOCK, [number])
os.kill(os.getpid(), number)
os.execv(sys.argv[2], sys.argv[2:])
"""


def finds(number):
    """A prefix: the server finds this signal waiting, so the supervisor passes it on to a child that has hardly begun."""
    return [sys.executable, "-c", WITH_A_SIGNAL_WAITING, str(int(number))]


@pytest.mark.parametrize("flags", [(), ("--no-supervisor",)])
def test_a_sigterm_that_comes_before_the_server_listens_to_it_ends_it_in_order(tmp_path, flags):
    server = SlipwayServer(tmp_path / "data", flags=flags, prefix=finds(signal.SIGTERM))
    server.spawn()
    try:
        assert server.process.wait(30) == 0, server.log_text()
        assert "stopped" in server.log_text()
    finally:
        server.kill()


@pytest.mark.parametrize("flags", [(), ("--no-supervisor",)])
def test_a_sighup_that_comes_before_the_server_listens_to_it_kills_nobody(new_server, flags):
    server = new_server("data", *flags, prefix=finds(signal.SIGHUP))
    assert "ended unexpectedly" not in server.log_text()
    assert server.terminate() == 0


def blocked_signals(pid):
    """Those of the process's first thread."""
    mask = int(re.search(r"SigBlk:\s+([0-9a-f]+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1], 16)
    return {number for number in signal.Signals if mask >> (number - 1) & 1}


def test_what_the_server_starts_hears_every_signal(new_server, factors):
    server = new_server()
    server.push_file(factors / "1.onnx", "factor")
    server.put_deployment("factor", "factor", options={"isolation": "worker"})
    child = server_child(server)
    assert blocked_signals(child) == {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    workers = set(server.children()) - {child}
    assert workers and all(blocked_signals(pid) == set() for pid in workers)


# The supervisor


def server_child(server):
    found = [pid for pid in server.children()
             if b"serve-child" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(found) == 1
    return found[0]


def test_a_killed_server_process_is_replaced_and_callers_wait_instead_of_failing(new_server, factors):
    server = new_server()
    server.push_file(factors / "1.onnx", "factor")
    server.put_deployment("factor", "factor")
    for _ in range(3):
        child = server_child(server)
        os.kill(child, signal.SIGKILL)
        wait_gone(child)
        # At once: the sockets stay open, so nobody is refused.
        assert ask(server) == (1, [10, 20, 30])
        assert server_child(server) != child
    assert server.process.poll() is None
    assert "ended unexpectedly" in server.log_text()


def test_a_replacement_that_cannot_start_is_tried_again(new_server, factors):
    """A disk that is full for a moment, half a certificate: what a server that ran is replaced by may meet anything."""
    server = new_server()
    server.push_file(factors / "1.onnx", "factor")
    server.put_deployment("factor", "factor")
    aside = server.data.with_name("aside")
    server.data.rename(aside)
    server.data.write_text("no folder")
    child = server_child(server)
    os.kill(child, signal.SIGKILL)
    wait_gone(child)
    wait_until(lambda: server.log_text().count("could not be started again; trying once more") >= 2, "two tries")
    assert server.process.poll() is None
    server.data.unlink()
    aside.rename(server.data)
    assert ask(server) == (1, [10, 20, 30])


def test_a_first_start_that_fails_is_told_at_once_and_one_between_two_tries_stops_when_asked(new_server, factors):
    server = new_server()
    server.data.rename(server.data.with_name("aside"))
    server.data.write_text("no folder")
    os.kill(server_child(server), signal.SIGKILL)
    wait_until(lambda: "trying once more" in server.log_text(), "a try")
    server.process.terminate()
    assert server.process.wait(10) == 0


def test_connections_in_between_wait_in_the_sockets_queue(new_server, factors):
    server = new_server()
    server.push_file(factors / "1.onnx", "factor")
    server.put_deployment("factor", "factor")
    child = server_child(server)
    # Stopped first, so that the supervisor's answer to its death can be watched from the outside.
    os.kill(server.process.pid, signal.SIGSTOP)
    os.kill(child, signal.SIGKILL)
    connections = [begin(server, "/v2/models/factor/infer", BODY) for _ in range(20)]
    os.kill(server.process.pid, signal.SIGCONT)
    for connection in connections:
        status, _, body = finish(connection)
        assert (status, json.loads(body)["outputs"][0]["data"]) == (200, [10, 20, 30])


def test_the_server_process_does_not_outlive_its_supervisor(new_server, factors):
    server = new_server()
    server.push_file(factors / "1.onnx", "factor")
    children = server.children()
    assert children
    server.process.kill()
    server.process.wait(10)
    for child in children:
        wait_gone(child, timeout=30)
    server.start()
    assert server.json("GET", "/api/v1/spaces/default/models/factor")[0] == 200
