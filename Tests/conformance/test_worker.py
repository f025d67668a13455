"""Models in processes of their own: what happens to a worker is nobody else's, and a worker's answers are the same bits."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import signal
import threading

import numpy
import onnx
import pytest

from recipes import constant, graph, model, node, tensor
from slipway_server import REPOSITORY, wait_gone, wait_until
from wire import binary_request

IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"
WORKER = {"isolation": "worker"}


def is_worker(pid):
    try:
        return b"model-worker" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False


def is_stopped(pid):
    """Whether none of its threads runs any more."""
    states = [file.read_text().rsplit(")", 1)[1].split()[0] for file in pathlib.Path(f"/proc/{pid}/task").glob("*/stat")]
    return set(states) == {"T"}


def workers(server):
    return [pid for pid in server.children() if is_worker(pid)]


def only_worker(server):
    wait_until(lambda: len(workers(server)) == 1, "one worker")
    return workers(server)[0]


def state(server, endpoint):
    status, answer = server.json("GET", f"/api/v1/spaces/default/deployments/{endpoint}")
    assert status == 200, answer
    return answer


def metric(server, name, endpoint):
    _, _, text = server.request("GET", "/metrics")
    found = re.search(rf'^{name}{{[^}}]*endpoint="{endpoint}"[^}}]*}} (\S+)$', text.decode(), re.M)
    return float(found[1]) if found else None


@pytest.fixture
def iris(new_server):
    """A server with one model at two endpoints: `shared`, and `apart` in a worker. A revision that is over leaves at once."""
    server = new_server(env={"SLIPWAY_KEEP_SUPERSEDED_SECONDS": "0"})
    server.push_file(IRIS, "iris")
    server.put_deployment("shared", "iris")
    server.put_deployment("apart", "iris", options=WORKER)
    _, metadata = server.json("GET", "/v2/models/apart")
    server.input = metadata["inputs"][0]["name"]
    return server


def flower(server, *values):
    return [{"name": server.input, "shape": [1, 4], "datatype": "FP32", "data": list(values)}]


def predict(server, endpoint="apart"):
    return server.infer(endpoint, flower(server, 5.1, 3.5, 1.4, 0.2))


def predict_until_answered(server, endpoint="apart"):
    """Predictions until one is answered; the others met a worker that was dying."""
    while True:
        status, answer = predict(server, endpoint)
        if status == 200:
            return answer
        assert status == 503, answer


@contextlib.contextmanager
def load(server, endpoint, threads=2):
    """Predictions on connections of their own for as long as the block lasts: counts by status, or by status and words."""
    counts, stop, lock = {}, threading.Event(), threading.Lock()
    body = json.dumps({"inputs": flower(server, 5.1, 3.5, 1.4, 0.2)}).encode()

    def work():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        while not stop.is_set():
            connection.request("POST", f"/v2/models/{endpoint}/infer", body)
            response = connection.getresponse()
            answer = response.read()
            what = 200 if response.status == 200 else f"{response.status} {json.loads(answer)['error']}"
            with lock:
                counts[what] = counts.get(what, 0) + 1
        connection.close()

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        wait_until(lambda: sum(counts.values()) >= threads, "load")
        yield counts
    finally:
        stop.set()
        for thread in running:
            thread.join()


def test_a_worker_answers_the_same_bits(new_server, models):
    server = new_server()
    index = json.loads((models / "models.json").read_text())
    compared = 0
    for name in ("mlp_64_256_256_10", "classifier", "strings", "many_types", "dynamic_axes", "scalar", "nan_out"):
        if name not in index:
            continue
        server.push_file(models / index[name]["path"], name)
        server.put_deployment(f"{name}-shared", name)
        server.put_deployment(f"{name}-apart", name, options=WORKER)
        cases = json.loads((models / index[name]["cases"]).read_text())["cases"]
        for case in cases:
            body, headers = binary_request(case["inputs"])
            # The first run of a size happens on a thread, later ones on the event loop.
            for _ in range(3):
                answers = []
                for endpoint in (f"{name}-shared", f"{name}-apart"):
                    status, fields, answer = server.request("POST", f"/v2/models/{endpoint}/infer", body, headers)
                    assert status == 200, answer
                    # What follows the JSON: all outputs, byte for byte.
                    answers.append(answer[int(fields["inference-header-content-length"]):])
                assert answers[0] == answers[1], (name, case["title"])
                compared += 1
    assert compared > 10


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM])
def test_a_worker_that_dies_is_replaced_and_nobody_else_notices(iris, number):
    server = iris
    child = server.children()[0]
    before = only_worker(server)
    with load(server, "shared") as shared, load(server, "apart") as apart:
        os.kill(before, number)
        wait_until(lambda: workers(server) and workers(server) != [before], "another worker")
        answered = apart.get(200, 0)
        wait_until(lambda: apart.get(200, 0) > answered + 20, "answers")
    assert set(shared) == {200}
    # What ran in it is lost, and no more: two connections asked one thing at a time.
    lost = {what: count for what, count in apart.items() if what != 200}
    assert sum(lost.values()) <= 2 and all("503 the worker that ran this" in what for what in lost), lost
    assert server.children()[0] == child, "the server itself went on"
    assert state(server, "apart")["state"] == "ready"
    assert metric(server, "slipway_worker_restarts_total", "apart") == 1
    assert metric(server, "slipway_endpoint_ready", "apart") == 1


def test_the_next_prediction_of_a_killed_worker_waits_for_a_hundred_megabytes_to_be_loaded(iris, tmp_path):
    """Asked for after the death is known, it is answered by the next worker, and nobody has to ask twice."""
    server = iris
    width, layers = 2048, 6
    noise = numpy.random.default_rng(5)
    nodes, last = [], "x"
    for layer in range(layers):
        nodes.append(node("MatMul", [last, f"w{layer}"], [f"h{layer}"]))
        last = f"h{layer}"
    weights = [
        constant(f"w{layer}", noise.standard_normal((width, width), numpy.float32) / 45) for layer in range(layers)]
    whole = graph(
        "large", nodes, [tensor("x", "FP32", ["n", width])], [tensor(last, "FP32", ["n", width])], weights)
    onnx.save(model(whole, check=False), tmp_path / "large.onnx")
    assert (tmp_path / "large.onnx").stat().st_size > 100_000_000
    server.cli("model", "push", tmp_path / "large.onnx", "--name", "large")
    small = {only_worker(server)}
    server.put_deployment("large", "large", options=WORKER)
    inputs = [{"name": "x", "datatype": "FP32", "shape": [1, width], "data": [0.5] * width}]
    status, before = server.infer("large", inputs)
    assert status == 200, before
    for deaths in (1, 2):
        (pid,) = set(workers(server)) - small
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: metric(server, "slipway_worker_restarts_total", "large") == deaths, "the death")
        status, after = server.infer("large", inputs)
        assert status == 200, after
        assert after["outputs"] == before["outputs"]
        assert pid not in workers(server)
    assert small < set(workers(server)), "the other worker went on"


def test_a_worker_that_hangs_costs_its_caller_the_deadline_and_is_replaced(new_server):
    server = new_server()
    server.push_file(IRIS, "iris")
    server.put_deployment("shared", "iris")
    server.put_deployment("apart", "iris", options=WORKER | {"deadlineMilliseconds": 300})
    server.input = server.json("GET", "/v2/models/apart")[1]["inputs"][0]["name"]
    before = only_worker(server)
    with load(server, "shared") as shared:
        os.kill(before, signal.SIGSTOP)
        wait_until(lambda: is_stopped(before), "the stop")
        status, answer = predict(server)
        assert status == 504, answer
        assert "300 ms" in answer["error"]
        wait_gone(before)
        predict_until_answered(server)
    assert set(shared) == {200}
    assert only_worker(server) != before


def test_an_endless_run_is_stopped_without_the_worker(new_server, models):
    server = new_server()
    index = json.loads((models / "models.json").read_text())
    server.push_file(models / index["loop_by_input"]["path"], "loop")
    server.put_deployment("loop", "loop", options=WORKER | {"deadlineMilliseconds": 300})

    def run(count):
        return server.infer("loop", [
            {"name": "count", "shape": [], "datatype": "INT64", "data": [count]},
            {"name": "x", "shape": [4], "datatype": "FP32", "data": [0, 1, 2, 3]},
        ])

    before = only_worker(server)
    status, answer = run(2**40)
    assert status == 504, answer
    status, answer = run(3)
    assert status == 200 and answer["outputs"][0]["data"] == [3, 4, 5, 6]
    assert only_worker(server) == before, "a run that can be stopped takes no worker with it"


def processor_time(pid):
    """Hundredths of a second."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_client_does_not_repeat_what_its_worker_died_of(new_server, models, protocol):
    server = new_server()
    index = json.loads((models / "models.json").read_text())
    server.push_file(models / index["loop_by_input"]["path"], "loop")
    server.put_deployment("loop", "loop", options=WORKER)
    request = json.dumps({"inputs": [
        {"name": "count", "shape": [], "datatype": "INT64", "data": [2**40]},
        {"name": "x", "shape": [4], "datatype": "FP32", "data": [0, 1, 2, 3]},
    ]})
    flags = [] if protocol == "http" else ["--protocol", "grpc", "--grpc-server", f"http://{server.grpc_address}"]
    worker = only_worker(server)
    idle = processor_time(worker)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asking = pool.submit(server.cli, "predict", "loop", "--data", request, *flags, check=False)
        wait_until(lambda: processor_time(worker) > idle + 20, "a run")
        os.kill(worker, signal.SIGSEGV)
        # Asked again, it would run until its deadline.
        refused = asking.result(timeout=20)
    assert refused.returncode == 1 and "the worker that ran this" in refused.stderr, refused.stderr
    assert metric(server, "slipway_requests_total", "loop") == 1
    wait_until(lambda: metric(server, "slipway_worker_restarts_total", "loop") == 1, "the end of one worker")


def shared_memory(pid):
    """Files that stand for the memory that a worker shares with the server."""
    found = []
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        if "memfd:slipway-worker" in line:
            found.append(f"/proc/{pid}/map_files/{line.split()[0]}")
    return found


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may open another process's memory by its files")


@needs_root
def test_shared_memory_cannot_be_cut_short(iris):
    predict(iris)
    files = shared_memory(only_worker(iris))
    assert len(files) >= 2
    for file in files:
        descriptor = os.open(file, os.O_RDWR)
        size = os.fstat(descriptor).st_size
        for length in (0, 1, size - 1, size + 1):
            with pytest.raises(PermissionError):
                os.ftruncate(descriptor, length)
        os.close(descriptor)
    assert predict(iris)[0] == 200


@needs_root
def test_scribbling_over_shared_memory_hurts_nobody_else(iris):
    """Words and memory overwritten while predictions run: they may fail or be wrong, the server and the others may not."""
    server = iris
    child = server.children()[0]
    right = predict(server)[1]["outputs"]
    noise = random.Random(1)
    stop = threading.Event()

    def scribble():
        while not stop.is_set():
            for pid in workers(server):
                with contextlib.suppress(OSError):
                    for file in shared_memory(pid):
                        descriptor = os.open(file, os.O_RDWR)
                        # The head of an answer, the words of a slot, and anything in the first page.
                        offset = noise.choice([0, 128, 192, 256, noise.randrange(4096)])
                        os.pwrite(descriptor, noise.randbytes(noise.choice([1, 4, 64, 512])), offset)
                        os.close(descriptor)

    server.put_deployment("apart", "iris", options=WORKER | {"deadlineMilliseconds": 500})
    scribbler = threading.Thread(target=scribble)
    with load(server, "shared") as shared, load(server, "apart", threads=4) as apart:
        scribbler.start()
        wait_until(lambda: sum(apart.values()) > 200, "predictions", timeout=60)
        stop.set()
        scribbler.join()
    assert set(shared) == {200}
    assert server.children()[0] == child, "the server itself went on"
    # Whatever state it was left in, a new revision is a new worker.
    server.put_deployment("apart", "iris", options=WORKER)
    assert predict_until_answered(server)["outputs"] == right


def test_a_worker_that_asks_for_too_much_memory_fails_its_own_request(new_server, models):
    server = new_server()
    index = json.loads((models / "models.json").read_text())
    server.push_file(models / index["tensor_by_input"]["path"], "zeros")
    server.put_deployment("zeros", "zeros", options=WORKER | {"workerMemoryBytes": 512 << 20})

    def zeros(*shape):
        status, headers, body = server.request("POST", "/v2/models/zeros/infer", {
            "inputs": [{"name": "shape", "shape": [len(shape)], "datatype": "INT64", "data": list(shape)}]})
        return status, headers, json.loads(body)

    for _ in range(5):
        status, headers, answer = zeros(2**14, 2**14)
        assert status == 503, answer
        assert "memory" in answer["error"]
        assert "retry-after" not in headers, "it would take as much again"
        status, _, answer = zeros(2, 3)
        assert status == 200 and answer["outputs"][0]["data"] == [0] * 6
    _, metadata = server.json("GET", "/v2/health/ready")
    assert metadata["ready"]


def test_a_crash_loop_opens_the_breaker_which_closes_by_itself(iris):
    server = iris
    seen = set()
    with load(server, "shared") as shared:
        while state(server, "apart")["state"] != "suspended":
            for pid in workers(server):
                if pid not in seen:
                    seen.add(pid)
                    os.kill(pid, signal.SIGSEGV)
        status, headers, body = server.request(
            "POST", "/v2/models/apart/infer", {"inputs": flower(server, 5.1, 3.5, 1.4, 0.2)})
        assert status == 503 and headers["retry-after"], body
        assert "in a row" in json.loads(body)["error"] and "signal 11" in json.loads(body)["error"]
        message = state(server, "apart")["message"]
        assert "started again in" in message
        assert server.request("GET", "/v2/models/apart/ready")[0] == 503
        assert metric(server, "slipway_endpoint_ready", "apart") == 0
        assert len(seen) == 4
        # It comes back without anybody's help.
        wait_until(lambda: state(server, "apart")["state"] == "ready", "the worker")
        assert predict(server)[0] == 200
    assert set(shared) == {200}


def open_files(pid):
    """What each of its descriptors is; one that is closed while this looks is none."""
    names = []
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            names.append(os.readlink(entry))
    return sorted(names)


def memory_maps(pid):
    return pathlib.Path(f"/proc/{pid}/maps").read_text().count("memfd:slipway-worker")


def test_fifty_crashes_leave_nothing_behind(iris):
    server = iris
    child = server.children()[0]

    def crash(times, deadline):
        # A new revision is a new worker, whose first deaths are forgiven.
        server.put_deployment("apart", "iris", options=WORKER | {"deadlineMilliseconds": deadline})
        for _ in range(times):
            pid = only_worker(server)
            os.kill(pid, signal.SIGKILL)
            wait_gone(pid)
            predict_until_answered(server)

    crash(2, 10_000)
    files, maps = open_files(child), memory_maps(child)
    for turn in range(17):
        crash(3, 10_001 + turn)
    assert only_worker(server)
    # Those of the last worker are closed when the last who used it is done, which may be a moment later.
    wait_until(lambda: len(open_files(child)) <= len(files) + 2, lambda: f"no more than {files} after {open_files(child)}")
    wait_until(lambda: memory_maps(child) <= maps + 2, "the memory of workers that are gone")
    assert len(server.children()) == 2, "the server child and one worker"


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_a_server_that_ends_takes_its_workers_along(iris, end):
    server = iris
    child, worker = server.children()[0], only_worker(server)
    if end == "stopped":
        assert server.terminate() == 0
    else:
        os.kill(child, signal.SIGKILL)
    wait_gone(worker)
    if end == "killed":
        # The supervisor has another server, and that one another worker.
        server.wait_ready()
        assert predict_until_answered(server)
        assert only_worker(server) != worker


def test_moving_between_the_server_and_a_worker_loses_no_request(iris):
    server = iris
    with load(server, "apart", threads=3) as counts:
        for turn in range(10):
            server.put_deployment("apart", "iris", options={"isolation": "worker" if turn % 2 else "shared"})
    assert set(counts) == {200}, counts
    assert only_worker(server)


def test_large_tensors_go_through_a_worker(new_server, models):
    server = new_server()
    index = json.loads((models / "models.json").read_text())
    server.push_file(models / index["tensor_by_input"]["path"], "zeros")
    server.put_deployment("zeros", "zeros", options=WORKER)
    for count in (1, 70_000, 5_000_000, 20_000_000, 3):
        shape = numpy.array([count], "<i8").tobytes()
        head = json.dumps({
            "inputs": [{"name": "shape", "shape": [1], "datatype": "INT64", "parameters": {"binary_data_size": 8}}],
            "outputs": [{"name": "y", "parameters": {"binary_data": True}}],
        }).encode()
        status, headers, body = server.request(
            "POST", "/v2/models/zeros/infer", head + shape,
            {"inference-header-content-length": str(len(head)), "content-type": "application/octet-stream"})
        assert status == 200, body[:500]
        tail = body[int(headers["inference-header-content-length"]):]
        assert len(tail) == 4 * count and not numpy.frombuffer(tail, "<f4").any()
