"""JSON prediction of a 4-feature model: Slipway, its peers and the bare limits under the same load."""

import contextlib

from . import load, servers

CONNECTIONS = (1, 8, 64)


@contextlib.contextmanager
def running(targets, measured):
    """Pauses every server that may be paused and is not measured now: the Python peers work a little when idle."""
    others = [target for target in targets if target.pausable and target is not measured]
    for target in others:
        target.process.pause()
    try:
        yield
    finally:
        for target in others:
            target.process.resume()


def measure(stack, folder, requests, models, slipway, options, say):
    """`slipway`: a started server with the endpoint `iris`, or None. Returns figures per server and ratios."""
    request = requests["iris"]
    ours, answer_bytes = [], len(servers.example_answer("iris", request["expected"]))
    if slipway:
        target = slipway.target("iris", request, folder)
        ours, answer_bytes = [target], len(target.answer()[0])
    targets = ours + [
        servers.echo(stack, folder, request, answer_bytes),
        servers.nginx(stack, folder, request, answer_bytes),
    ]
    if options.peers:
        targets += [
            servers.mlserver(stack, folder, models / "iris.onnx", request),
            servers.litserve(stack, folder, models / "iris.onnx", request),
        ]
    for target in targets:
        with running(targets, target):
            load.wrk(target, 8, 1)
    taken = {target.name: {str(count): [] for count in CONNECTIONS} for target in targets}
    for turn in range(options.rounds):
        for count in CONNECTIONS:
            # Each round begins with another server, so that none is always first after a pause.
            start = turn % len(targets)
            for target in targets[start:] + targets[:start]:
                with running(targets, target):
                    figures = load.wrk(target, count, options.seconds)
                taken[target.name][str(count)].append(figures)
                say(f"round {turn + 1}  {count:2} connections  {target.name:9} {figures['rps']:9.0f} req/s")
    result = {
        "body_bytes": len(request["oip"]),
        "answer_bytes": answer_bytes,
        "servers": {name: {c: load.summary(m) for c, m in by.items()} for name, by in taken.items()},
        "ratios": {},
    }
    if slipway:
        for name in [target.name for target in targets[1:]]:
            result["ratios"][name] = {c: load.ratio(taken["Slipway"][c], taken[name][c]) for c in taken[name]}
    return result
