"""What mirroring all traffic to a candidate in the same process does to those who ask: their median at 30% of the peak,
with the shadow rollout and without it, in turns."""

import statistics

from . import load, steady

SHARE = 0.3
TURNS = 2
"""Of each round: a rollout that starts and ends costs nothing here."""


def measure(folder, requests, models, slipway, options, say):
    second = models / "iris-second.onnx"
    # Another documentation, a field of its own in the format: the same model in other bytes.
    second.write_bytes((models / "iris.onnx").read_bytes() + b"\x32\x06second")
    slipway.push(models / "iris.onnx", "mirrored")
    slipway.deploy("mirrored")
    slipway.push(second, "mirrored")
    target = slipway.target("mirrored", requests["iris"], folder, name="mirrored")
    load.wrk(target, 8, 1)
    peak = max(load.wrk(target, 64, options.seconds)["rps"] for _ in range(2))
    taken = {"alone": [], "mirrored": []}
    for turn in range(TURNS * options.rounds):
        for name in sorted(taken, reverse=turn % 2 == 1):
            if name == "mirrored":
                slipway.command("rollout", "start", "mirrored", "--to", "mirrored:2", "--strategy", "shadow")
            taken[name].append(steady.drive(target, SHARE * peak, options.seconds, folder))
            if name == "mirrored":
                slipway.command("rollout", "abort", "mirrored")
        alone, mirrored = taken["alone"][-1], taken["mirrored"][-1]
        say(f"turn {turn + 1}  {alone['rps']:.0f} req/s  p50 {alone['p50_us']} us alone, {mirrored['p50_us']} us mirrored")
    ratios = [m["p50_us"] / a["p50_us"] for m, a in zip(taken["mirrored"], taken["alone"])]
    return {
        "peak": peak, "taken": taken,
        "medians": {name: {key: statistics.median(t[key] for t in turns) for key in turns[0]} for name, turns in taken.items()},
        "ratio": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)},
    }
