"""What the prediction ledger costs: one small model at two endpoints of one server, one of which writes everything down.
They take turns, so that what else happens on the machine happens to both."""

import json

from . import load, steady
from .processes import run

CONNECTIONS = (1, 8, 64)
STEADY = 0.7
"""Of the peak: at that rate nothing may be dropped."""


def measure(folder, requests, models, slipway, options, say):
    slipway.push(models / "iris.onnx", "iris")
    slipway.deploy("iris", "--as", "silent")
    slipway.deploy("iris", "--as", "written", "--ledger-share", "1")
    targets = {name: slipway.target(name, requests["iris"], folder, name=name) for name in ("silent", "written")}
    for target in targets.values():
        load.wrk(target, 8, 1)
    taken = {name: {str(count): [] for count in CONNECTIONS} for name in targets}
    before, drops = shown(slipway), {str(count): [] for count in CONNECTIONS}
    for turn in range(options.rounds):
        for count in CONNECTIONS:
            for name in sorted(targets, reverse=turn % 2 == 1):
                taken[name][str(count)].append(load.wrk(targets[name], count, options.seconds))
            after = shown(slipway)
            offered = sum(after[key] - before[key] for key in ("recorded", "droppedQueue", "droppedDisk"))
            lost = offered - (after["recorded"] - before["recorded"])
            drops[str(count)].append(lost / max(1, offered))
            before = after
            figures = "  ".join(f"{name} {taken[name][str(count)][-1]['rps']:.0f}" for name in targets)
            say(f"round {turn + 1}  {count:2} connections  {figures} req/s, {100 * drops[str(count)][-1]:.2f}% dropped")
    peak = max(measured["rps"] for measured in taken["written"]["64"])
    paced = steady.drive(targets["written"], STEADY * peak, options.rounds * options.seconds, folder)
    after = shown(slipway)
    lost = sum(after[key] - before[key] for key in ("droppedQueue", "droppedDisk"))
    say(f"{paced['rps']:.0f} req/s, 70% of the peak: {lost} dropped")
    return {
        "steady": {"rps": paced["rps"], "dropped": lost},
        "servers": {name: {c: load.summary(m) for c, m in by.items()} for name, by in taken.items()},
        "ratios": {c: load.ratio(taken["written"][c], taken["silent"][c]) for c in taken["silent"]},
        "drops": {c: max(shares) for c, shares in drops.items()},
        "bytes_per_row": before["bytes"] / max(1, before["rows"]),
    }


def shown(slipway):
    command = [slipway.binary, "monitor", "show", "written", "--output", "json", "--server",
               f"http://127.0.0.1:{slipway.port}"]
    return json.loads(run(command, timeout=120).stdout)
