"""What mirroring all traffic to a candidate in the same process does to those who ask: the median of one endpoint that is
mirrored and one that is not, of the same server and at 30% of the peak, in many short turns."""

import statistics

from . import load, steady

SHARE = 0.3
TURNS = 8
"""Of each round, and of a second each: one turn by itself tells nothing, since a machine has slow seconds."""


def measure(folder, requests, models, slipway, options, say):
    second = models / "iris-second.onnx"
    # Another documentation, a field of its own in the format: the same model in other bytes.
    second.write_bytes((models / "iris.onnx").read_bytes() + b"\x32\x06second")
    slipway.push(models / "iris.onnx", "shadowed")
    slipway.deploy("shadowed", "--as", "alone")
    slipway.deploy("shadowed", "--as", "mirrored")
    slipway.push(second, "shadowed")
    targets = {name: slipway.target(name, requests["iris"], folder, name=name) for name in ("alone", "mirrored")}
    load.wrk(targets["alone"], 8, 1)
    peak = max(load.wrk(targets["alone"], 64, options.seconds)["rps"] for _ in range(2))
    slipway.command("rollout", "start", "mirrored", "--to", "shadowed:2", "--strategy", "shadow")
    taken = {name: [] for name in targets}
    for turn in range(TURNS * options.rounds):
        for name in sorted(targets, reverse=turn % 2 == 1):
            taken[name].append(steady.drive(targets[name], SHARE * peak, 1, folder))
        alone, mirrored = taken["alone"][-1], taken["mirrored"][-1]
        say(f"turn {turn + 1}  {alone['rps']:.0f} req/s  p50 {alone['p50_us']} us alone, {mirrored['p50_us']} us mirrored")
    slipway.command("rollout", "abort", "mirrored")
    ratios = [m["p50_us"] / a["p50_us"] for m, a in zip(taken["mirrored"], taken["alone"])]
    return {
        "peak": peak, "taken": taken,
        "medians": {name: {key: statistics.median(t[key] for t in turns) for key in turns[0]} for name, turns in taken.items()},
        "ratio": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)},
    }
