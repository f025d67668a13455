"""Versions of one model for rollouts, and a load that tells which of them answered."""

import json
import http.client
import threading
import time

import numpy
import onnx
from recipes import constant, graph, model, node, tensor


def sound(folder, number):
    """y = 2x: the versions differ in their documentation alone, and so in their bytes."""
    return _write(folder, f"sound-{number}", [node("Mul", ["x", "two"], ["y"])], number,
                  [constant("two", numpy.float32(2))])


def half_failing(folder, number):
    """The same, but a row with a value of 1 or more has an index that is not there: half of the load's requests fail."""
    nodes = [
        node("ReduceMax", ["x"], ["largest"], keepdims=0), node("Floor", ["largest"], ["whole"]),
        node("Cast", ["whole"], ["index"], to=onnx.TensorProto.INT64), node("Gather", ["table", "index"], ["zero"]),
        node("Mul", ["x", "two"], ["twice"]), node("Add", ["twice", "zero"], ["y"]),
    ]
    return _write(folder, f"half-{number}", nodes, number,
                  [constant("two", numpy.float32(2)), constant("table", numpy.zeros(1, numpy.float32))])


def slower(folder, number, rounds):
    """y = 2x after `rounds` products of matrices."""
    nodes = [node("Mul", ["x", "two"], ["h0"])]
    for index in range(rounds):
        nodes.append(node("MatMul", [f"h{index}", "unit"], [f"h{index + 1}"]))
    nodes.append(node("Identity", [f"h{rounds}"], ["y"]))
    return _write(folder, f"slow-{number}-{rounds}", nodes, number,
                  [constant("two", numpy.float32(2)), constant("unit", numpy.eye(4, dtype=numpy.float32))])


SLOW = 2.5
"""The value from which on a row is one of the slow ones of `slow_tail`."""


def slow_tail(folder, number, rounds, slow_rounds):
    """y = 2x after `rounds` products of matrices, or `slow_rounds` where the first value is `SLOW`."""
    nodes = [
        node("ReduceMax", ["x"], ["largest"], keepdims=0), node("Less", ["largest", "limit"], ["is_fast"]),
        node("Where", ["is_fast", "rounds", "slow_rounds"], ["trips"]), node("Mul", ["x", "two"], ["h"]),
        node("Loop", ["trips", "", "h"], ["y"], body=graph(
            "round",
            [node("MatMul", ["before", "unit"], ["after"]), node("Identity", ["go_on"], ["go_on_still"])],
            [tensor("trip", "INT64", []), tensor("go_on", "BOOL", []), tensor("before", "FP32", None)],
            [tensor("go_on_still", "BOOL", []), tensor("after", "FP32", None)])),
    ]
    return _write(folder, f"tail-{number}", nodes, number, [
        constant("two", numpy.float32(2)), constant("unit", numpy.eye(4, dtype=numpy.float32)),
        constant("limit", numpy.float32(SLOW)), constant("rounds", numpy.int64(rounds)),
        constant("slow_rounds", numpy.int64(slow_rounds))])


def other_input(folder, number):
    """Takes another input than the rest: no caller of theirs can ask it."""
    whole = graph("other", [node("Identity", ["z"], ["y"])], [tensor("z", "FP32", ["batch", 4])],
                  [tensor("y", "FP32", ["batch", 4])])
    path = folder / f"other-{number}.onnx"
    onnx.save(model(whole, f"version {number}"), path)
    return path


def _write(folder, name, nodes, number, constants):
    whole = graph(name, nodes, [tensor("x", "FP32", ["batch", 4])], [tensor("y", "FP32", ["batch", 4])], constants)
    path = folder / f"{name}.onnx"
    onnx.save(model(whole, f"version {number}"), path)
    return path


class Load:
    """Requests at a steady rate until it is left, each with the next of `values` in it. Where the server is killed meanwhile
    (`restarts`) one that has just started and has not opened its rollouts yet is as good as none."""

    def __init__(self, server, endpoint, rate=200, threads=4, values=(0.5, 1.5), restarts=False):
        self.server, self.endpoint, self.rate, self.values = server, endpoint, rate, values
        self.answers = []  # (when, status, version)
        self.restarts, self.unreachable = restarts, 0
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(index, threads)) for index in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _run(self, index, threads):
        bodies = [json.dumps({"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP32",
                                          "data": [value, 0, 0, 0]}]}).encode() for value in self.values]
        connection, count = None, index
        started = time.monotonic()
        while not self.ended.is_set():
            due = started + count / self.rate
            self.ended.wait(max(0, due - time.monotonic()))
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
                connection.request("POST", f"/v2/models/{self.endpoint}/infer", bodies[count % len(bodies)],
                                   {"Content-Type": "application/json"})
                response = connection.getresponse()
                text = response.read()
                version = json.loads(text).get("model_version") if response.status == 200 else None
                with self.lock:
                    if self.restarts and response.status == 503 and b"is not there yet" in text:
                        self.unreachable += 1
                    else:
                        self.answers.append((time.monotonic(), response.status, version))
            except (OSError, http.client.HTTPException):
                connection = None
                with self.lock:
                    self.unreachable += 1
                time.sleep(0.05)
            count += threads

    def since(self, moment=0.0):
        with self.lock:
            return [answer for answer in self.answers if answer[0] >= moment]
