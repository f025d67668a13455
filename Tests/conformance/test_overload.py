"""More than the server can do, and callers who do nothing or go away: whoever behaves is served all the while."""

import json
import resource
import select
import socket
import sys

import numpy
import pytest

from slipway_server import REPOSITORY, wait_until

sys.path.insert(0, str(REPOSITORY / "Benchmarks"))

from harness import openloop  # noqa: E402

ENDLESS = {"inputs": [
    {"name": "count", "shape": [], "datatype": "INT64", "data": [2**40]},
    {"name": "x", "shape": [4], "datatype": "FP32", "data": [0, 1, 2, 3]},
]}  # fmt: skip
SHORT = {"inputs": [dict(ENDLESS["inputs"][0], data=[3]), ENDLESS["inputs"][1]]}


def message(endpoint, document):
    body = json.dumps(document).encode()
    return b"POST /v2/models/%s/infer HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (
        endpoint.encode(), len(body), body)


def send_and_leave(server, data):
    with server.connect() as connection:
        connection.sendall(data)


def deployed(server, models, name):
    server.push_file(models / f"{name}.onnx", name)
    server.put_deployment(name, name)


# A client that leaves -----------------------------------------------------------------------------------------------


def test_a_client_that_disconnects_frees_its_slot(new_server, models):
    """One thread, one place in the line: a run that went on for somebody who has left would block everybody after."""
    server = new_server(env={"SLIPWAY_COMPUTE_THREADS": "1", "SLIPWAY_QUEUE_LIMIT": "1"})
    deployed(server, models, "loop_by_input")
    for _ in range(30):
        send_and_leave(server, message("loop_by_input", ENDLESS))

    def answers():
        status, answer = server.json("POST", "/v2/models/loop_by_input/infer", SHORT)
        assert status in (200, 429), answer
        return status == 200

    wait_until(answers, "a free slot")


def test_a_caller_in_the_line_who_leaves_makes_room_for_the_next(new_server, models):
    server = new_server(env={"SLIPWAY_COMPUTE_THREADS": "1", "SLIPWAY_QUEUE_LIMIT": "1"})
    deployed(server, models, "loop_by_input")
    endless = message("loop_by_input", ENDLESS)
    with server.connect() as first:
        first.sendall(endless)
        wait_until(lambda: refused_or_waits(server, endless) == "waits", "a run under way")
        with in_the_line(server, endless):
            wait_until(lambda: refused_or_waits(server, endless) == "refused", "a full line")
        wait_until(lambda: refused_or_waits(server, endless) == "waits", "room in the line")


def in_the_line(server, data):
    """A connection whose request waits; whoever asked before may take a moment to be gone."""
    for _ in range(50):
        connection = server.connect()
        connection.sendall(data)
        ready, _, _ = select.select([connection], [], [], 0.2)
        if not ready:
            return connection
        connection.close()
    raise AssertionError("no place in the line came free")


def refused_or_waits(server, data):
    """What one more caller hears at once, if anything."""
    with server.connect() as connection:
        connection.sendall(data)
        ready, _, _ = select.select([connection], [], [], 0.2)
        if not ready:
            return "waits"
        answer = connection.recv(1 << 16)
        assert answer.startswith(b"HTTP/1.1 429"), answer
        assert b"retry-after" in answer
        return "refused"


def test_what_comes_while_the_line_is_full_is_refused_unread_over_http_and_grpc_and_counted(new_server, models):
    grpcclient = pytest.importorskip("tritonclient.grpc")
    from tritonclient.utils import InferenceServerException

    server = new_server(env={"SLIPWAY_COMPUTE_THREADS": "1", "SLIPWAY_QUEUE_LIMIT": "1"})
    deployed(server, models, "loop_by_input")
    endless = message("loop_by_input", ENDLESS)
    wrong = {"inputs": "none"}
    client = grpcclient.InferenceServerClient(server.grpc_address)
    one = grpcclient.InferInput("count", [2], "BYTES")
    one.set_data_from_numpy(numpy.array([b"a", b"b"], object))

    def heard():
        """What a request that is wrong in itself hears, over both protocols."""
        status, _ = server.json("POST", "/v2/models/loop_by_input/infer", wrong)
        with pytest.raises(InferenceServerException) as error:
            client.infer("loop_by_input", [one])
        return status, error.value.status().removeprefix("StatusCode.")

    def failures():
        page = server.request("GET", "/metrics")[2].decode()
        found = [line for line in page.splitlines() if 'kind="overloaded"' in line and "loop_by_input" in line]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)

    assert heard() == (400, "INVALID_ARGUMENT")
    with server.connect() as first:
        first.sendall(endless)
        wait_until(lambda: refused_or_waits(server, endless) == "waits", "a run under way")
        with in_the_line(server, endless):
            wait_until(lambda: heard() == (429, "RESOURCE_EXHAUSTED"), "a full line")
            before = failures()
            for _ in range(5):
                assert heard() == (429, "RESOURCE_EXHAUSTED")
            assert failures() == before + 10
        wait_until(lambda: heard() == (400, "INVALID_ARGUMENT"), "room in the line")
    client.close()


# Thousands of idle hands --------------------------------------------------------------------------------------------


@pytest.fixture
def descriptors():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_ten_thousand_slow_connections_keep_nobody_from_being_served(new_server, examples, descriptors):
    count = min(10_000, descriptors - 1_000)
    assert count >= 1_000, "the system gives too few descriptors to test anything"
    server = new_server(env={"SLIPWAY_HEADER_TIMEOUT_SECONDS": "300", "SLIPWAY_BODY_TIMEOUT_SECONDS": "300"})
    server.push_file(examples / "iris" / "model.onnx", "iris")
    server.put_deployment("iris", "iris")
    request = (examples / "iris" / "request.json").read_bytes()
    begun = message("iris", json.loads(request))
    slow = []
    try:
        for number in range(count):
            connection = server.connect()
            slow.append(connection)
            # Some in the middle of their headers, some in the middle of their body, some silent.
            connection.send((begun[:40], begun[:-5], b"")[number % 3])
        for turn in range(20):
            for connection in slow[3 * turn :: 60]:
                connection.send(b"x")  # a header's name goes on and on
            status, answer = server.json("POST", "/v2/models/iris/infer", request)
            assert status == 200, answer
        # The ones in the middle of their body finish and are answered.
        for connection in slow[1 : 3 * 50 : 3]:
            connection.sendall(begun[-5:])
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200"), "a slow caller is served too"
    finally:
        for connection in slow:
            connection.close()
    assert server.json("POST", "/v2/models/iris/infer", request)[0] == 200


# More than it can do ------------------------------------------------------------------------------------------------


def test_ten_times_the_capacity_is_served_as_far_as_it_goes_and_refused_beyond(new_server, models):
    server = new_server(env={"SLIPWAY_QUEUE_LIMIT": "20"})
    deployed(server, models, "milliseconds")
    body = {"inputs": [{"name": "x", "shape": [1, 256], "datatype": "FP32", "data": [0.5] * 256}]}
    figures = openloop.drive(
        server.port, message("milliseconds", body), rate=2000, seconds=2, connections=100, patience=60)
    statuses = figures["statuses"]
    assert set(statuses) == {"200", "429"}, figures
    assert statuses["200"]["count"] > 20, "as many as wait, and those that were computed meanwhile"
    assert statuses["429"]["count"] > statuses["200"]["count"]
    assert (figures["lost"], statuses["200"]["count"] + statuses["429"]["count"]) == (0, figures["sent"])
    # Nothing is left behind: once the crowd is gone the next one is served.
    wait_until(
        lambda: server.json("POST", "/v2/models/milliseconds/infer", body)[0] == 200, "an answer after the crowd")


# gRPC ---------------------------------------------------------------------------------------------------------------


def test_a_grpc_caller_who_cancels_or_disconnects_frees_its_slot(new_server, models):
    grpcclient = pytest.importorskip("tritonclient.grpc")
    from tritonclient.utils import InferenceServerException

    server = new_server(env={"SLIPWAY_COMPUTE_THREADS": "1", "SLIPWAY_QUEUE_LIMIT": "1"})
    deployed(server, models, "loop_by_input")

    def inputs(rounds):
        count = grpcclient.InferInput("count", [], "INT64")
        count.set_data_from_numpy(numpy.array(rounds, numpy.int64))
        x = grpcclient.InferInput("x", [4], "FP32")
        x.set_data_from_numpy(numpy.array([0, 1, 2, 3], numpy.float32))
        return [count, x]

    for number in range(20):
        client = grpcclient.InferenceServerClient(server.grpc_address)
        call = client.async_infer("loop_by_input", inputs(2**40), callback=lambda result, error: None)
        if number % 2:
            call.cancel()
        client.close()
    client = grpcclient.InferenceServerClient(server.grpc_address)

    def answers():
        try:
            answer = client.infer("loop_by_input", inputs(3))
        except InferenceServerException as error:
            assert "RESOURCE_EXHAUSTED" in error.status(), error
            return False
        assert answer.as_numpy("y").tolist() == [3, 4, 5, 6]
        return True

    wait_until(answers, "a free slot")
    client.close()


def test_a_grpc_deadline_that_passes_in_the_line_costs_no_run(new_server, models):
    grpcclient = pytest.importorskip("tritonclient.grpc")
    from tritonclient.utils import InferenceServerException

    server = new_server(env={"SLIPWAY_COMPUTE_THREADS": "1"})
    deployed(server, models, "loop_by_input")
    inputs = [grpcclient.InferInput("count", [], "INT64"), grpcclient.InferInput("x", [4], "FP32")]
    inputs[0].set_data_from_numpy(numpy.array(3, numpy.int64))
    inputs[1].set_data_from_numpy(numpy.array([0, 1, 2, 3], numpy.float32))

    def runs():
        return server.json("GET", "/v2/models/loop_by_input/stats")[1]["model_stats"][0]["execution_count"]

    def answers():
        return server.json("POST", "/v2/models/loop_by_input/infer", SHORT)[0] == 200

    before = runs()
    with grpcclient.InferenceServerClient(server.grpc_address) as client, server.connect() as first:
        first.sendall(message("loop_by_input", ENDLESS))
        # Behind it each of these waits for its deadline.
        for _ in range(10):
            with pytest.raises(InferenceServerException) as expired:
                client.infer("loop_by_input", inputs, client_timeout=0.1)
            assert "DEADLINE_EXCEEDED" in expired.value.status()
    wait_until(answers, "the end of the endless run")
    # The endless one, if it counts, and the one that was answered.
    assert runs() - before <= 2


def test_a_grpc_caller_whose_time_is_up_counts_as_such(new_server, models):
    """A client's clock ends its call before the server's does; nobody should think that its callers just went away."""
    grpcclient = pytest.importorskip("tritonclient.grpc")
    from tritonclient.utils import InferenceServerException

    server = new_server(env={"SLIPWAY_COMPUTE_THREADS": "1"})
    deployed(server, models, "loop_by_input")
    inputs = [grpcclient.InferInput("count", [], "INT64"), grpcclient.InferInput("x", [4], "FP32")]
    inputs[0].set_data_from_numpy(numpy.array(2**40, numpy.int64))
    inputs[1].set_data_from_numpy(numpy.array([0, 1, 2, 3], numpy.float32))

    def failures(kind):
        text = server.request("GET", "/metrics")[2].decode()
        lines = [line for line in text.splitlines() if line.startswith("slipway_request_failures_total{")]
        return sum(int(line.split()[-1]) for line in lines if f'kind="{kind}"' in line)

    with grpcclient.InferenceServerClient(server.grpc_address) as client:
        for _ in range(5):
            with pytest.raises(InferenceServerException) as expired:
                client.infer("loop_by_input", inputs, client_timeout=0.4)
            assert "DEADLINE_EXCEEDED" in expired.value.status()
        wait_until(lambda: failures("deadline_exceeded") + failures("cancelled") == 5, "all of them counted")
        assert failures("cancelled") == 0
        client.async_infer("loop_by_input", inputs, callback=lambda result, error: None).cancel()
    assert failures("deadline_exceeded") == 5
