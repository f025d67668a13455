"""Models with If, Loop and Scan: some end, some only when the request lets them, one never."""

import numpy
from recipes import CONTAINED, REFUSED, Recipe, constant, floats, graph, model, node, tensor


def recipes():
    yield control_flow()
    yield loop_by_input()
    yield endless_loop()


def control_flow():
    nodes = [
        node("If", ["flag"], ["chosen"], then_branch=branch("doubled", "Add"), else_branch=branch("squared", "Mul")),
        node("Loop", ["five", "", "x"], ["looped"], body=loop_body()),
        node("Scan", ["nothing", "x"], ["total", "running_sum"], body=scan_body(), num_scan_inputs=1),
    ]
    inputs = [tensor("flag", "BOOL", []), tensor("x", "FP32", ["length"])]
    outputs = [
        tensor("chosen", "FP32", ["length"]),
        tensor("looped", "FP32", ["length"]),
        tensor("total", "FP32", []),
        tensor("running_sum", "FP32", ["length"]),
    ]
    numbers = {"five": numpy.int64(5), "nothing": numpy.float32(0), "step": numpy.float32(1)}
    constants = [constant(name, number) for name, number in numbers.items()]
    x = floats(1, 2, 3, 4)
    return Recipe(
        "control_flow",
        "If picks 2x or x squared, Loop adds 1 five times, Scan sums up",
        model(graph("control_flow", nodes, inputs, outputs, constants)),
        cases=[
            ("then", {"flag": numpy.array(True), "x": x}),
            ("else", {"flag": numpy.array(False), "x": x}),
        ],
        # ONNX Runtime refuses to scan a tensor without elements: a failure while running, with a message.
        attacks=[("nothing to scan", {"flag": numpy.array(True), "x": x[:0]})],
    )


def branch(name, operator):
    """A branch of an If: it reads `x` of the graph around it."""
    return graph(name, [node(operator, ["x", "x"], [name])], [], [tensor(name, "FP32", None)])


def loop_body():
    """One round of a Loop whose condition is always true: adds `step` of the graph around it."""
    return graph(
        "body",
        [node("Identity", ["go_on"], ["go_on_again"]), node("Add", ["value", "step"], ["next"])],
        [tensor("round", "INT64", []), tensor("go_on", "BOOL", []), tensor("value", "FP32", None)],
        [tensor("go_on_again", "BOOL", []), tensor("next", "FP32", None)],
    )


def scan_body():
    return graph(
        "sum",
        [node("Add", ["before", "element"], ["after"]), node("Identity", ["after"], ["shown"])],
        [tensor("before", "FP32", []), tensor("element", "FP32", [])],
        [tensor("after", "FP32", []), tensor("shown", "FP32", [])],
    )


def loop_by_input():
    inputs = [tensor("count", "INT64", []), tensor("x", "FP32", [4])]
    loop = node("Loop", ["count", "", "x"], ["y"], body=loop_body())
    step = constant("step", numpy.float32(1))
    whole = graph("loop_by_input", [loop], inputs, [tensor("y", "FP32", [4])], [step])

    def feeds(count):
        return {"count": numpy.array(count, "<i8"), "x": floats(0, 1, 2, 3)}

    return Recipe(
        "loop_by_input",
        "adds 1 as often as an input says",
        model(whole),
        expect=CONTAINED,
        cases=[("three rounds", feeds(3)), ("no round", feeds(0)), ("a thousand rounds", feeds(1000))],
        attacks=[("2^40 rounds", feeds(2**40)), ("2^63 - 1 rounds", feeds(2**63 - 1))],
    )


def endless_loop():
    whole = graph(
        "endless_loop", [node("Loop", ["", "always", "x"], ["y"], body=loop_body())], [tensor("x", "FP32", [4])],
        [tensor("y", "FP32", [4])], [constant("always", numpy.array(True)), constant("step", numpy.float32(1))],
    )  # fmt: skip
    return Recipe(
        "endless_loop",
        "a Loop that never ends, whatever the input",
        model(whole),
        expect=REFUSED,
        attacks=[("any input", {"x": floats(0, 1, 2, 3)})],
    )
