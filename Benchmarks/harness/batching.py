"""What batching gives: one model at two endpoints of one server, each request by itself and in batches, 64 callers."""

import json

from . import load
from .binary import BinaryTarget
from .processes import run
from .servers import BENCHMARKS, VENV

CALLERS = 64
# model -> rows of one run at most
MODELS = {"mlp": 64, "minilm": 8}


def targets(slipway, models, requests, folder, model, rows):
    """The endpoints MODEL and MODEL-batched."""
    slipway.push(models / f"{model}.onnx", model)
    slipway.deploy(model)
    slipway.deploy(model, "--as", f"{model}-batched", "--max-batch-size", rows)
    for name in (model, f"{model}-batched"):
        if model == "mlp":
            yield BinaryTarget(slipway, name, models, requests[model], body="mlp")
        else:
            yield slipway.target(name, requests[model], folder, name=name)


def measure(folder, requests, models, slipway, options, say):
    run([VENV / "python", BENCHMARKS / "minilm.py", models], timeout=300)
    requests = requests | {"minilm": json.loads((models / "minilm.json").read_text())}
    result = {"callers": CALLERS, "models": {}}
    for model, rows in MODELS.items():
        each, batched = targets(slipway, models, requests, folder, model, rows)
        for target in (each, batched):
            load.wrk(target, CALLERS, 1)
        taken = {"each": [], "batched": []}
        for turn in range(options.rounds):
            sides = [("each", each), ("batched", batched)]
            for side, target in sides[:: 1 if turn % 2 == 0 else -1]:
                taken[side].append(load.wrk(target, CALLERS, options.seconds))
            say(f"round {turn + 1}  {model:6} " + "  ".join(
                f"{side} {by[-1]['rps']:8.1f} req/s, p99 {by[-1]['p99_us'] / 1000:.1f} ms" for side, by in taken.items()))
        result["models"][model] = {
            "rows": rows,
            "servers": {side: load.summary(by) for side, by in taken.items()},
            "throughput": load.ratio(taken["batched"], taken["each"]),
            "p99": load.ratio(
                [{"rps": m["p99_us"]} for m in taken["batched"]], [{"rps": m["p99_us"]} for m in taken["each"]]),
        }
    return result
