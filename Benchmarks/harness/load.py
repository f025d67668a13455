"""wrk as the load generator: the same for everybody."""

import json
import pathlib
import statistics

from .processes import WrongAnswer, run

SCRIPT = pathlib.Path(__file__).parent.parent / "post.lua"


def wrk(target, connections, seconds):
    """One measurement of a target; any error on a socket or any status but 2xx or 3xx fails the benchmark."""
    words = [target.body_file, getattr(target, "header_length", "-")] + ([target.token] if getattr(target, "token", None) else [])
    return _wrk(target, target.path, words, connections, seconds)


def wrk_get(target, connections, seconds):
    """The same for a page that is only fetched."""
    return _wrk(target, "/", [], connections, seconds)


def _wrk(target, path, words, connections, seconds):
    threads = 1 if connections == 1 else 2
    target.process.check_alive()
    result = run(
        ["wrk", "-t", threads, "-c", connections, "-d", f"{seconds}s", "--timeout", "10s", "-s", SCRIPT,
         f"http://127.0.0.1:{target.port}{path}", "--", *words],
        timeout=seconds + 60,
    )
    line = next((line for line in result.stdout.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        raise WrongAnswer(f"wrk printed no result for {target.name}:\n{result.stdout}{result.stderr}")
    figures = json.loads(line.removeprefix("RESULT "))
    if figures["requests"] == 0 or figures["bad_status"] or figures["socket_errors"]:
        raise WrongAnswer(f"{target.name} at {connections} connections: {figures}\n{target.process.last_words()}")
    figures["rps"] = figures["requests"] / figures["seconds"]
    return figures


def summary(measurements):
    """Medians over the rounds of one server."""
    keys = ("rps", "p50_us", "p99_us")
    return {key: statistics.median(m[key] for m in measurements) for key in keys} | {
        "rounds": [round(m["rps"], 1) for m in measurements]
    }


def ratio(ours, theirs):
    """The median of the ratios of each round (both sides of a ratio are neighbours in time), and their range."""
    ratios = [a["rps"] / b["rps"] for a, b in zip(ours, theirs)]
    return {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}
