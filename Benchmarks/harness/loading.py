"""What other endpoints feel while a large model is loaded: their p99 then, against their p99 when nothing happens."""

import json
import statistics
import subprocess
import sys
import time

from . import http
from .grpc import infer_message
from .processes import WrongAnswer, environment
from .servers import BENCHMARKS, check_prediction, large_model, values_in_oip

MEGABYTES = 400
RATE = 300
"""Requests a second of each of the two clients."""
PAUSE = 0.3
"""Seconds between the end of one thing and the begin of the next."""
AT_LEAST = 200
"""Answers without which a p99 says nothing."""


class Clients:
    """Two paced clients of the small endpoint, one for each protocol, for `seconds`."""

    def __init__(self, slipway, folder, request, seconds):
        tensor = json.loads(request["oip"])["inputs"][0]
        questions = {
            "http": (slipway.port, http.request("/v2/models/iris/infer", request["oip"])),
            "grpc": (slipway.grpc_port, infer_message("iris", tensor["name"], tensor["data"])),
        }
        self.seconds, self.running = seconds, {}
        for wire, (port, message) in questions.items():
            asked, answered = folder / f"paced-{wire}.request", folder / f"paced-{wire}.json"
            asked.write_bytes(message)
            answered.unlink(missing_ok=True)
            command = [sys.executable, BENCHMARKS / "paced.py", wire, port, RATE, seconds, asked, answered]
            process = subprocess.Popen(
                [str(word) for word in command], env=environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                text=True)
            self.running[wire] = (process, answered)

    def __enter__(self):
        return self

    def taken(self):
        """By protocol, each answer: when its question left, and milliseconds."""
        found = {}
        for wire, (process, answered) in self.running.items():
            _, words = process.communicate(timeout=self.seconds + 60)
            if process.returncode != 0:
                raise WrongAnswer(f"the paced client over {wire} ended with {process.returncode}: {words}")
            found[wire] = json.loads(answered.read_text())
        return found

    def __exit__(self, *_):
        for process, _ in self.running.values():
            if process.poll() is None:
                process.kill()
                process.wait()


def p99(milliseconds):
    ordered = sorted(milliseconds)
    return ordered[len(ordered) * 99 // 100]


def during(answers, spans):
    """Milliseconds of those answers that were under way at some time in one of the spans."""
    return [
        taken for sent, taken in answers
        if any(begun <= sent + taken / 1000 and sent <= ended for begun, ended in spans)
    ]


def measure(folder, requests, models, slipway, options, say):
    """Rounds: some seconds of nothing, then the large model is unloaded and loaded until as many seconds of loading are
    together. The first load of all is the deploy's."""
    path, large = large_model(models, MEGABYTES)
    slipway.push(models / "iris.onnx", "iris")
    slipway.deploy("iris")
    check = http.request("/v2/models/iris/infer", requests["iris"]["oip"])
    check_prediction(slipway.name, values_in_oip(http.exchange(slipway.port, check)[1]), requests["iris"]["expected"])
    steps = {"pushing": lambda: slipway.push(path, "large"), "deploying": lambda: slipway.deploy("large")}
    seconds = {}
    first = {name: [] for name in steps}
    with Clients(slipway, folder, requests["iris"], 12) as clients:
        time.sleep(1)
        for name, step in steps.items():
            begun = time.monotonic()
            step()
            first[name].append((begun, time.monotonic()))
            seconds[name] = time.monotonic() - begun
        taken = clients.taken()
    rounds = [round_of(folder, requests, slipway, large, options, say, turn) for turn in range(options.rounds)]
    return {
        "megabytes": path.stat().st_size / 1e6, "rate": RATE, "rounds": rounds,
        "load_seconds": statistics.median(s for r in rounds for s in r["load_seconds"]),
        "first": {
            name: {"seconds": seconds[name]} | {
                wire: p99(found) for wire, answers in taken.items() if len(found := during(answers, spans)) >= AT_LEAST
            } for name, spans in first.items()
        },
        "median": {
            wire: {
                phase: statistics.median(r[wire][phase] for r in rounds)
                for phase in ("steady", "loading", "unloading", "ratio")
            } for wire in ("http", "grpc")
        },
    }


def repository(slipway, verb):
    """Loads or unloads the large model; returns when that began and when it was over."""
    begun = time.monotonic()
    message = http.request(f"/v2/repository/models/large/{verb}", "{}")
    status, content, _ = http.exchange(slipway.port, message, timeout=120)
    if status != 200:
        raise WrongAnswer(f"{verb} answered {status}: {content[:300]!r}")
    return begun, time.monotonic()


def round_of(folder, requests, slipway, large, options, say, turn):
    loads, unloads = [], []
    with Clients(slipway, folder, requests["iris"], 4 * options.seconds + 2) as clients:
        time.sleep(1)
        begun = time.monotonic()
        time.sleep(options.seconds)
        steady = [(begun, time.monotonic())]
        # The clients go on for a while, so that everything has its answers.
        ending = time.monotonic() + 2.5 * options.seconds
        while time.monotonic() < ending and sum(e - b for b, e in loads) < options.seconds:
            unloads.append(repository(slipway, "unload"))
            time.sleep(PAUSE)
            loads.append(repository(slipway, "load"))
            time.sleep(PAUSE)
        taken = clients.taken()
    answer = http.exchange(slipway.port, http.request("/v2/models/large/infer", large["oip"]), timeout=60)
    check_prediction("the large model", values_in_oip(answer[1]), large["expected"])
    result = {"load_seconds": [ended - begun for begun, ended in loads]}
    for wire, answers in taken.items():
        # Memory goes back after the answer to an unload: what follows it belongs to it.
        found = {
            "steady": during(answers, steady), "loading": during(answers, loads),
            "unloading": during(answers, [(begun, ended + PAUSE) for begun, ended in unloads]),
        }
        # Unloads are short: of them a round may see half as many.
        if min(len(found["steady"]), len(found["loading"]), 2 * len(found["unloading"])) < AT_LEAST:
            raise WrongAnswer(f"too few answers over {wire}: { {phase: len(by) for phase, by in found.items()} }")
        result[wire] = {phase: p99(by) for phase, by in found.items()}
        result[wire]["ratio"] = result[wire]["loading"] / result[wire]["steady"]
        say(f"round {turn + 1}  {wire}: p99 steady {result[wire]['steady']:.2f} ms, while {len(loads)} loads went on "
            f"{result[wire]['loading']:.2f} ms ({result[wire]['ratio']:.2f} x), while unloading "
            f"{result[wire]['unloading']:.2f} ms")
    return result
