"""gRPC prediction of a 4-feature model, with h2load; nginx over HTTP/2 and over HTTP/1 as the measure of this machine.

Triton's figures come from another run on a machine of this size, where nginx served a static page over HTTP/1 as often as
`REFERENCE` says. What Triton would do here is that figure times how much faster nginx is here.
"""

import json
import re
import statistics
import struct

from . import load, servers
from .http import exchange, request as http_request
from .processes import WrongAnswer, run

CONNECTIONS = (1, 8, 64)
METHOD = "/inference.GRPCInferenceService/ModelInfer"
# Requests per second at 1, 8 and 64 connections.
REFERENCE = {
    "nginx": {"1": 17_000, "8": 127_000, "64": 161_000},
    "Triton": {"1": 8_000, "8": 30_000, "64": 36_000},
}


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def infer_message(model, name, values):
    """One framed ModelInferRequest of a single row of floats, as raw bytes."""
    tensor = field(1, name.encode()) + field(2, b"FP32") + field(3, varint(1) + varint(len(values)))
    message = field(1, model.encode()) + field(5, tensor) + field(7, struct.pack(f"<{len(values)}f", *values))
    return b"\0" + struct.pack(">I", len(message)) + message


def h2load(port, path, connections, seconds, process, body=None):
    """One measurement: requests per second and the mean time of one; any failed request fails the benchmark."""
    threads = 1 if connections == 1 else 2
    command = ["h2load", "-c", connections, "-m", 1, "-t", threads, "-D", seconds]
    if body:
        command += ["-d", body, "-H", "content-type: application/grpc", "-H", "te: trailers"]
    process.check_alive()
    text = run([*command, f"http://127.0.0.1:{port}{path}"], timeout=seconds + 60).stdout
    rate = re.search(r"finished in [^,]+, ([\d.]+) req/s", text)
    counts = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text)
    mean = re.search(r"time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)", text)
    if not rate or not counts or not mean or int(counts[1]) == 0 or any(int(n) for n in counts.groups()[1:]):
        raise WrongAnswer(f"h2load at {connections} connections, port {port}:\n{text}\n{process.last_words()}")
    unit = {"us": 1, "ms": 1e3, "s": 1e6}[mean[2]]
    return {"rps": float(rate[1]), "mean_us": float(mean[1]) * unit, "succeeded": int(counts[1])}


def failures(slipway, model):
    """Predictions that this endpoint has refused or failed so far: h2load does not read gRPC's own status."""
    _, content, _ = exchange(slipway.port, http_request(f"/v2/models/{model}/stats"))
    stats = json.loads(content)["model_stats"][0]["inference_stats"]
    return stats["fail"]["count"], stats["success"]["count"]


def measure(stack, folder, requests, slipway, options, say):
    tensor = json.loads(requests["iris"]["oip"])["inputs"][0]
    body = folder / "iris.grpc"
    body.write_bytes(infer_message("iris", tensor["name"], tensor["data"]))
    nginx = servers.nginx(stack, folder, requests["iris"], 150)
    static = {"nginx h2c": nginx.h2_port}
    taken = {name: {str(c): [] for c in CONNECTIONS} for name in ("Slipway gRPC", "nginx h2c", "nginx HTTP/1")}
    h2load(slipway.grpc_port, METHOD, 8, 1, slipway.process, body)
    before = failures(slipway, "iris")
    asked = 0
    for turn in range(options.rounds):
        for count in CONNECTIONS:
            ours = h2load(slipway.grpc_port, METHOD, count, options.seconds, slipway.process, body)
            asked += ours["succeeded"]
            theirs = h2load(static["nginx h2c"], "/", count, options.seconds, nginx.process)
            page = load.wrk_get(nginx, count, options.seconds)
            for name, figures in (("Slipway gRPC", ours), ("nginx h2c", theirs), ("nginx HTTP/1", page)):
                taken[name][str(count)].append(figures)
            say(f"round {turn + 1}  {count:2} connections  gRPC {ours['rps']:9.0f}  nginx h2c {theirs['rps']:9.0f}  "
                f"nginx HTTP/1 {page['rps']:9.0f} req/s")
    after = failures(slipway, "iris")
    if after[0] != before[0] or after[1] - before[1] < asked:
        raise WrongAnswer(f"gRPC: {asked} answers, but failures and successes went from {before} to {after}")
    return {
        "servers": {
            name: {c: {"rps": statistics.median(m["rps"] for m in by)} for c, by in counts.items()}
            for name, counts in taken.items()
        },
        "mean_us": {c: statistics.median(m["mean_us"] for m in by) for c, by in taken["Slipway gRPC"].items()},
        "ratios": {
            "nginx h2c": {c: load.ratio(taken["Slipway gRPC"][c], taken["nginx h2c"][c]) for c in taken["nginx h2c"]},
            "Triton": {c: against_triton(taken, c) for c in taken["nginx h2c"]},
        },
    }


def against_triton(taken, count):
    """Slipway against what Triton would do on a machine with this nginx."""
    ratios = [
        ours["rps"] / (REFERENCE["Triton"][count] * page["rps"] / REFERENCE["nginx"][count])
        for ours, page in zip(taken["Slipway gRPC"][count], taken["nginx HTTP/1"][count])
    ]
    return {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}
