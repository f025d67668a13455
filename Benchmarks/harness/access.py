"""What it costs to know who calls: one small model at a server that asks nobody, and at one that asks for a key; with a
key that is not limited, and with one that has every limit there is (none of which it reaches)."""

import json
import re
import time

from . import load
from .processes import environment, run

CONNECTIONS = (1, 8, 64)
TURNS = 4
"""Of each round: what differs by a hundredth is compared in short turns, which see the same machine."""
KEY = re.compile(r"slw_[a-z0-9]{12}_[0-9a-f]{64}")
LIMITS = ["--requests-per-second", "1000000000", "--rows-per-second", "1000000000",
          "--requests-per-month", "9007199254740992", "--rows-per-month", "9007199254740992"]


def measure(folder, requests, models, slipway, guarded, options, say):
    """`slipway` serves `iris` and asks nobody; `guarded` was started with --auth and has nothing yet."""
    # It may answer a moment before it has shown the key.
    deadline = time.monotonic() + 10
    while not (shown := KEY.search(guarded.log.read_text())) and time.monotonic() < deadline:
        time.sleep(0.05)
    owner = shown[0]
    guarded.token = owner
    guarded.push(models / "iris.onnx", "iris")
    guarded.deploy("iris")

    def key(*flags):
        command = [guarded.binary, "key", "create", "--output", "json", "--server", f"http://127.0.0.1:{guarded.port}", *flags]
        return json.loads(run(command, env=environment() | {"SLIPWAY_TOKEN": owner}).stdout)["key"]

    targets = {
        "open": slipway.target("iris", requests["iris"], folder, name="open"),
        "key": guarded.target("iris", requests["iris"], folder, name="key", token=key()),
        "limits": guarded.target("iris", requests["iris"], folder, name="limits", token=key(*LIMITS)),
    }
    for target in targets.values():
        load.wrk(target, 8, 1)
    taken = {name: {str(count): [] for count in CONNECTIONS} for name in targets}
    seconds = max(1, round(options.seconds / TURNS))
    for turn in range(options.rounds * TURNS):
        for count in CONNECTIONS:
            for name in sorted(targets, reverse=turn % 2 == 1):
                taken[name][str(count)].append(load.wrk(targets[name], count, seconds))
            figures = "  ".join(f"{name} {taken[name][str(count)][-1]['rps']:.0f}" for name in targets)
            say(f"turn {turn + 1}  {count:2} connections  {figures} req/s")
    return {
        "servers": {name: {c: load.summary(m) for c, m in by.items()} for name, by in taken.items()},
        "ratios": {
            name: {c: load.ratio(taken[name][c], taken["open"][c]) for c in taken["open"]} for name in ("key", "limits")
        },
    }
