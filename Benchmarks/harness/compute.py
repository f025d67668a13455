"""A model that computes for milliseconds: Slipway over HTTP against a loop that only calls ONNX Runtime."""

import json
import os
import statistics

from . import load
from .processes import run
from .servers import BENCHMARKS, VENV

CONNECTIONS = (2, 4, 8)


def bare_loop(models, model, callers, intra_op, seconds):
    """One measurement of the bare loop, in a process of its own."""
    command = [VENV / "python", BENCHMARKS / "inprocess.py", models / f"{model}.onnx", "--callers", callers]
    command += ["--intra-op", intra_op, "--seconds", seconds, "--overhead", models / "iris.onnx"]
    return json.loads(run(command, timeout=seconds + 60).stdout)


def measure(folder, requests, models, slipway, options, say):
    """The loop has what Slipway has by default: one computing thread per processor, one thread inside each call. Each
    measurement of Slipway has a measurement of the loop of its own right beside it, before it and after it by turns.
    A second loop, one caller with all threads inside ONNX Runtime, shows what the other arrangement would give."""
    cores = os.cpu_count() or 1
    target = slipway.target("millis", requests["millis"], folder) if slipway else None
    if target:
        load.wrk(target, 4, 1)
    bare = {str(count): [] for count in CONNECTIONS}
    ours = {str(count): [] for count in CONNECTIONS}
    one_caller = []
    for turn in range(options.rounds):
        for count in CONNECTIONS:
            sides = [lambda: bare[str(count)].append(bare_loop(models, "millis", cores, 1, options.seconds))]
            if target:
                sides.append(lambda: ours[str(count)].append(load.wrk(target, count, options.seconds)))
            for side in sides[:: 1 if turn % 2 == 0 else -1]:
                side()
            text = f"round {turn + 1}  {count:2} connections  bare loop {bare[str(count)][-1]['rps']:7.1f} calls/s"
            say(text + (f"  Slipway {ours[str(count)][-1]['rps']:7.1f} req/s" if target else ""))
        one_caller.append(bare_loop(models, "millis", 1, cores, options.seconds))
    every = [measurement for measurements in bare.values() for measurement in measurements]
    return {
        "threads": cores,
        "loop": {
            "rps": statistics.median(m["rps"] for m in every),
            "ms_per_call": statistics.median(m["ms_per_call"] for m in every),
            "overhead_us": min(m["overhead_us"] for m in every),
            "rounds": {count: [round(m["rps"], 1) for m in by] for count, by in bare.items()},
        },
        "loop_one_caller": {"rps": statistics.median(m["rps"] for m in one_caller)},
        "slipway": {count: load.summary(m) for count, m in ours.items() if m},
        "ratios": {count: load.ratio(m, bare[count]) for count, m in ours.items() if m},
    }
