"""Binary tensors over HTTP: a row of 64 floats through a small network, and an image of 600 kB, through the layers of
ResNet-18 and through a few convolutions only."""

import json
import os
import struct

from . import http, load
from .compute import bare_loop
from .processes import WrongAnswer
from .servers import check_prediction

CONNECTIONS = {"mlp": (1, 8, 64), "resnet": (4, 8), "image": (4, 8)}
IMAGES = ("resnet", "image")
# Seconds of a turn at least: wrk does not count what is under way when the time is up, and a long prediction is much of a
# short turn.
LEAST = {"resnet": 10}
# Rounds at least: the two sides of a ratio run after each other, and on a machine that others use too single rounds of the
# same program differ by a tenth.
LEAST_ROUNDS = {"resnet": 8}


class BinaryTarget:
    """An endpoint that is asked with binary tensors."""

    def __init__(self, slipway, model, models, request, body=None):
        self.name, self.process, self.port = slipway.name, slipway.process, slipway.port
        self.path = f"/v2/models/{model}/infer"
        self.body_file = models / f"{body or model}.bin"
        self.header_length = request["header_length"]
        check_prediction(f"{self.name} ({model}, binary)", self.values(), request["expected"])

    def values(self):
        content = self.body_file.read_bytes()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\n"
            f"Inference-Header-Content-Length: {self.header_length}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        status, answer, _ = http.exchange(self.port, head.encode() + content)
        if status != 200:
            raise WrongAnswer(f"{self.name} answered {status}: {answer[:300]!r}")
        document, end = json.JSONDecoder().raw_decode(answer.decode("latin-1"))
        values = {}
        for tensor in document["outputs"]:
            size = tensor["parameters"]["binary_data_size"]
            values[tensor["name"]] = list(struct.unpack(f"<{size // 4}f", answer[end : end + size]))
            end += size
        return values


def measure(folder, requests, models, slipway, options, say):
    """The image's neighbour in time is a loop that only calls ONNX Runtime, as in the section `compute`."""
    result = {"payload": {}, "slipway": {}, "ratios": {}, "turns": {}}
    for model, counts in CONNECTIONS.items():
        seconds = max(options.seconds, LEAST.get(model, 0))
        target = BinaryTarget(slipway, model, models, requests[model])
        load.wrk(target, 4, 1)
        ours = {str(count): [] for count in counts}
        bare = {str(count): [] for count in counts}
        rounds = options.rounds if options.quick else max(options.rounds, LEAST_ROUNDS.get(model, 0))
        for turn in range(rounds):
            for count in counts:
                sides = [lambda: ours[str(count)].append(load.wrk(target, count, seconds))]
                if model in IMAGES:
                    sides.append(
                        lambda: bare[str(count)].append(bare_loop(models, model, os.cpu_count() or 1, 1, seconds)))
                for side in sides[:: 1 if turn % 2 == 0 else -1]:
                    side()
                text = f"round {turn + 1}  {model:5} {count:2} connections  {ours[str(count)][-1]['rps']:9.1f} req/s"
                say(text + (f"  bare loop {bare[str(count)][-1]['rps']:7.1f} calls/s" if bare[str(count)] else ""))
        result["turns"][model] = [rounds, seconds]
        result["payload"][model] = requests[model]["payload"]
        result["slipway"][model] = {count: load.summary(m) for count, m in ours.items()}
        if model in IMAGES:
            result["ratios"][model] = {count: load.ratio(m, bare[count]) for count, m in ours.items()}
    return result
