"""The bare in-process loop: threads that call ONNX Runtime and do nothing else; run with the benchmark's venv.

usage: inprocess.py MODEL --callers N --intra-op M --seconds S

N threads share one session of M intra-op threads (spinning off, as a server has it) and call it for S seconds.
`session.run` releases the interpreter lock while it computes; what Python itself adds to a call is measured with the
small model (`--overhead FILE`) and printed with the result, so that one can see that the loop is not the limit.
Prints one line of JSON: calls per second, milliseconds per call, microseconds of overhead per call.
"""

import argparse
import json
import threading
import time

import numpy
import onnxruntime


def session_for(model, intra_op):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = intra_op
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    tensor = session.get_inputs()[0]
    element = numpy.float64 if tensor.type == "tensor(double)" else numpy.float32
    row = [1, *tensor.shape[1:]]
    return session, {tensor.name: numpy.random.default_rng(1).normal(0, 1, row).astype(element)}


def calls_per_second(session, feeds, callers, seconds):
    for _ in range(3):
        session.run(None, feeds)
    start_together = threading.Barrier(callers + 1)
    finished = [0.0] * callers
    calls = [0] * callers

    def call(index):
        start_together.wait()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            session.run(None, feeds)
            calls[index] += 1
        finished[index] = time.perf_counter()

    threads = [threading.Thread(target=call, args=(index,)) for index in range(callers)]
    for thread in threads:
        thread.start()
    start_together.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return sum(count / (end - began) for count, end in zip(calls, finished))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--callers", type=int, required=True)
    parser.add_argument("--intra-op", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--overhead", metavar="SMALL_MODEL")
    arguments = parser.parse_args()
    session, feeds = session_for(arguments.model, arguments.intra_op)
    rate = calls_per_second(session, feeds, arguments.callers, arguments.seconds)
    result = {"rps": rate, "ms_per_call": 1000 * arguments.callers / rate}
    if arguments.overhead:
        small, small_feeds = session_for(arguments.overhead, 1)
        result["overhead_us"] = 1e6 / calls_per_second(small, small_feeds, 1, 0.2)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
