"""What a worker costs: one small model at two endpoints of one server, in the server's process and in its own."""

import statistics

from . import load

CONNECTIONS = (1, 8, 64)


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
    }
