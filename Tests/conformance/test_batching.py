"""Batching seen from outside: concurrent callers share runs and each hears its own; what cannot be batched is refused at
the deploy, with the reason."""

import concurrent.futures
import json
import os
import pathlib
import signal

import numpy
import onnx
import pytest

from recipes import constant, graph, model, node, tensor
from slipway_server import wait_until


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models for batching by name, each for one property."""
    folder = tmp_path_factory.mktemp("batching")
    random = numpy.random.default_rng(3)

    def save(name, nodes, inputs, outputs, constants=()):
        onnx.save(model(graph(name, nodes, inputs, outputs, constants)), folder / f"{name}.onnx")

    # Long enough for no event loop: 64 x 64 numbers a row, through 40 layers.
    nodes = [node("MatMul", ["x", "spread"], ["wide"]), node("Reshape", ["wide", "matrix"], ["h0"])]
    for layer in range(40):
        nodes += [node("MatMul", [f"h{layer}", "w"], [f"p{layer}"]), node("Tanh", [f"p{layer}"], [f"h{layer + 1}"])]
    nodes += [node("ReduceMean", ["h40", "inner"], ["y"], keepdims=0)]
    weights = [
        constant("spread", random.normal(0, 1, (4, 4096)).astype(numpy.float32)),
        constant("matrix", numpy.array([-1, 64, 64])),
        constant("w", random.normal(0, 0.2, (64, 64)).astype(numpy.float32)),
        constant("inner", numpy.array([1])),
    ]
    save("long", nodes, [tensor("x", "FP32", ["n", 4])], [tensor("y", "FP32", ["n", 64])], weights)
    save("short", [node("Mul", ["x", "two"], ["y"])], [tensor("x", "FP32", ["n", 4])], [tensor("y", "FP32", ["n", 4])],
         [constant("two", numpy.float32(2))])
    save("lookup", [node("Gather", ["table", "x"], ["y"])], [tensor("x", "INT64", ["n"])], [tensor("y", "FP32", ["n"])],
         [constant("table", numpy.arange(4, dtype=numpy.float32))])
    save("fixed", [node("Mul", ["x", "two"], ["y"])], [tensor("x", "FP32", [1, 4])], [tensor("y", "FP32", [1, 4])],
         [constant("two", numpy.float32(2))])
    save("quantized",
         [node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"]),
          node("DequantizeLinear", ["q", "scale", "zero"], ["y"])],
         [tensor("x", "FP32", ["n", 4])], [tensor("y", "FP32", ["n", 4])])
    # A row alone is answered at once; with a second one it goes round for ever.
    body = graph(
        "round", [node("Identity", ["go"], ["on"]), node("Neg", ["state"], ["next"])],
        [tensor("number", "INT64", []), tensor("go", "BOOL", []), tensor("state", "FP32", ["n", 4])],
        [tensor("on", "BOOL", []), tensor("next", "FP32", ["n", 4])])
    save("endless",
         [node("Shape", ["x"], ["rows"], end=1), node("Squeeze", ["rows"], ["row_count"]),
          node("Sub", ["row_count", "one"], ["others"]), node("Mul", ["others", "many"], ["rounds"]),
          node("Loop", ["rounds", "", "x"], ["y"], body=body)],
         [tensor("x", "FP32", ["n", 4])], [tensor("y", "FP32", ["n", 4])],
         [constant("one", numpy.int64(1)), constant("many", numpy.int64(2**40))])
    return folder


def statistics(server, endpoint):
    status, answer = server.json("GET", f"/v2/models/{endpoint}/stats")
    assert status == 200, answer
    return answer["model_stats"][0]


def together(calls, threads=32):
    """Runs the calls side by side; their results in order."""
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda call: call(), calls))


def rows_of(number):
    rows = 1 + number % 3
    return rows, [float(number + index) / 100 for index in range(rows * 4)]


def ask(server, endpoint, number):
    rows, values = rows_of(number)
    status, answer = server.infer(endpoint, [{"name": "x", "shape": [rows, 4], "datatype": "FP32", "data": values}])
    assert status == 200, answer
    return answer["outputs"][0]["shape"], answer["outputs"][0]["data"]


@pytest.mark.parametrize("name", ["long", "short"])
def test_each_caller_of_a_batch_hears_its_own(server, folder, name):
    server.cli("model", "push", folder / f"{name}.onnx", "--name", name)
    server.cli("deploy", name)
    server.cli("deploy", name, "--as", f"{name}-batched", "--max-batch-size", 16)
    numbers = range(200)
    batched = together([lambda n=n: ask(server, f"{name}-batched", n) for n in numbers])
    alone = [ask(server, name, n) for n in numbers]
    for (shape, values), (expected_shape, expected) in zip(batched, alone):
        assert shape == expected_shape
        numpy.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-6)


def test_runs_are_counted_by_their_rows(server, folder):
    server.cli("model", "push", folder / "long.onnx", "--name", "counted")
    server.cli("deploy", "counted", "--max-batch-size", 8, "--instances", 1)
    together([lambda n=n: ask(server, "counted", n) for n in range(200)])
    counts = statistics(server, "counted")
    rows = sum(rows_of(n)[0] for n in range(200))
    assert counts["inference_stats"]["success"]["count"] == 200
    assert counts["inference_count"] == rows
    sizes = {size["batch_size"]: size["compute_infer"]["count"] for size in counts["batch_stats"]}
    assert sum(size * runs for size, runs in sizes.items()) == rows
    assert sum(sizes.values()) == counts["execution_count"] < 200
    assert max(sizes) <= 8
    _, _, page = server.request("GET", "/metrics")
    line = f'slipway_batch_rows_count{{space="default",endpoint="counted",version="1"}} {counts["execution_count"]}'
    assert line in page.decode()


def test_one_poisonous_row_fails_its_sender_only(server, folder):
    server.cli("model", "push", folder / "lookup.onnx", "--name", "lookup")
    server.cli("deploy", "lookup", "--max-batch-size", 32)

    def look_up(value):
        return server.infer("lookup", [{"name": "x", "shape": [1], "datatype": "INT64", "data": [value]}])

    values = [99 if number % 10 == 0 else number % 4 for number in range(400)]
    for value, (status, answer) in zip(values, together([lambda v=v: look_up(v) for v in values])):
        if value == 99:
            assert status in (400, 500) and "99" in json.dumps(answer), answer
        else:
            assert status == 200 and answer["outputs"][0]["data"] == [float(value)], answer


@pytest.mark.parametrize("name, words", [
    ("fixed", "the leading dimension of input 'x' is fixed at 1"),
    ("quantized", "it changes answers: in output 'y'"),
])
def test_what_cannot_be_batched_is_refused_and_nothing_changes(server, folder, name, words):
    server.cli("model", "push", folder / f"{name}.onnx", "--name", name)
    server.cli("deploy", name)
    before = server.cli_json("deployment", "show", name)
    refused = server.cli("deploy", name, "--max-batch-size", 8, check=False)
    assert refused.returncode == 1
    assert words in refused.stderr and "without batching" in refused.stderr, refused.stderr
    assert server.cli_json("deployment", "show", name) == before
    assert server.infer(name, [{"name": "x", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}])[0] == 200


def workers(server):
    """Worker processes, and the hundredths of a second of processor time that each has used."""
    found = {}
    for pid in server.children():
        try:
            if b"model-worker" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                found[pid] = int(fields[11]) + int(fields[12])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def test_rows_that_take_down_a_process_take_down_one_that_serves_nobody(server, folder):
    server.cli("model", "push", folder / "endless.onnx", "--name", "endless")
    server.cli("deploy", "endless")
    before, child = server.cli_json("deployment", "show", "endless"), server.children()[0]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        deploy = pool.submit(server.cli, "deploy", "endless", "--max-batch-size", 8, check=False)
        # It is in the middle of a batch that never ends.
        wait_until(lambda: any(spent > 100 for spent in workers(server).values()), "a trial", timeout=60)
        os.kill(max(workers(server), key=workers(server).get), signal.SIGSEGV)
        refused = deploy.result(timeout=60)
    assert refused.returncode == 1
    assert "the process in which it was tried" in refused.stderr and "died in a run" in refused.stderr, refused.stderr
    wait_until(lambda: not workers(server), "the end of the trial")
    assert server.children() == [child], "the server itself went on"
    assert server.cli_json("deployment", "show", "endless") == before
    assert server.infer("endless", [{"name": "x", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}])[0] == 200


def test_one_prediction_more_than_may_wait_is_refused_with_the_limit(server, folder):
    server.cli("model", "push", folder / "long.onnx", "--name", "crowded")
    server.cli("deploy", "crowded", "--instances", 1, "--queue-limit", 2)
    body = {"inputs": [{"name": "x", "shape": [200, 4], "datatype": "FP32", "data": [0.5] * 800}]}
    answers = together([lambda: server.request("POST", "/v2/models/crowded/infer", body)] * 64)
    statuses = [status for status, _, _ in answers]
    assert set(statuses) == {200, 429}
    _, headers, text = next(answer for answer in answers if answer[0] == 429)
    assert headers["retry-after"] == "1"
    assert "2 predictions are waiting already" in text.decode()
