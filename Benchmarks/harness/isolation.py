"""What a worker costs: one small model at two endpoints of one server, in the server's process and in its own. And how
long a larger one is away when its worker is killed."""

import os
import pathlib
import signal
import statistics
import time

from . import http, load
from .processes import WrongAnswer, family
from .servers import check_prediction, large_model, values_in_oip
from .startup import spread

CONNECTIONS = (1, 8, 64)
MEGABYTES = 100
KILLS_IN_A_ROW = 3
"""More would open the breaker; a new revision begins a new row."""


def measure(folder, requests, models, slipway, options, say):
    slipway.push(models / "iris.onnx", "iris")
    slipway.deploy("iris")
    slipway.deploy("iris", "--as", "iris-worker", "--isolation", "worker")
    targets = {name: slipway.target(name, requests["iris"], folder, name=name) for name in ("iris", "iris-worker")}
    for target in targets.values():
        load.wrk(target, 8, 1)
    taken = {name: {str(count): [] for count in CONNECTIONS} for name in targets}
    for turn in range(options.rounds):
        for count in CONNECTIONS:
            for name in sorted(targets, reverse=turn % 2 == 1):
                taken[name][str(count)].append(load.wrk(targets[name], count, options.seconds))
            shared, worker = (taken[name][str(count)][-1] for name in ("iris", "iris-worker"))
            say(f"round {turn + 1}  {count:2} connections  shared {shared['p50_us']:.0f} us, {shared['rps']:.0f} req/s  "
                f"worker {worker['p50_us']:.0f} us, {worker['rps']:.0f} req/s")
    pairs = {c: list(zip(taken["iris-worker"][c], taken["iris"][c])) for c in taken["iris"]}
    return {
        "servers": {name: {c: load.summary(m) for c, m in by.items()} for name, by in taken.items()},
        "extra_us": {c: statistics.median(w["p50_us"] - s["p50_us"] for w, s in by) for c, by in pairs.items()},
        "ratios": {c: load.ratio(taken["iris-worker"][c], taken["iris"][c]) for c in taken["iris"]},
        "back": recovery(models, slipway, options, say),
    }


def workers(slipway):
    """The processes that run a model each."""
    found = set()
    for pid in family(slipway.process.pid):
        try:
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"model-worker" in words:
            found.add(pid)
    return found


def recovery(models, slipway, options, say):
    """Seconds from SIGKILL to a worker until a prediction that was asked for then is answered."""
    path, large = large_model(models, MEGABYTES)
    slipway.push(path, "large-worker")
    message = http.request("/v2/models/large-worker/infer", large["oip"])
    taken = []
    for turn in range(max(1, options.rounds)):
        others = workers(slipway)
        slipway.deploy("large-worker", "--isolation", "worker", "--deadline-ms", 20_000 + turn)
        http.first_answer(slipway.process, slipway.port, message)
        for _ in range(KILLS_IN_A_ROW):
            ours = workers(slipway) - others
            if len(ours) != 1:
                raise WrongAnswer(f"one worker should run {path.name}, found {ours}\n{slipway.process.last_words()}")
            begun = time.perf_counter()
            os.kill(ours.pop(), signal.SIGKILL)
            # The server may not know yet that it is gone: then the first prediction is lost with it.
            ended, content = http.first_answer(slipway.process, slipway.port, message)
            check_prediction("large-worker", values_in_oip(content), large["expected"])
            taken.append(ended - begun)
    seconds = spread(taken)
    say(f"a worker with {MEGABYTES} MB is back {1000 * seconds['median']:.0f} ms after its end")
    return {"megabytes": path.stat().st_size / 1e6, "seconds": seconds}
