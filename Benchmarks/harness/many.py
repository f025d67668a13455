"""Many models: a server with 1,000 registered and 100 deployed against a server with one."""

import concurrent.futures
import statistics
import time

from . import http, load
from .processes import free_port, proportional_memory
from .servers import check_prediction, values_in_oip
from .throughput import CONNECTIONS


def with_note(model, text):
    """The model's bytes with one more metadata property: field 14 of ModelProto, a StringStringEntryProto.
    Fields of a protobuf message may come in any order, so appending one is enough."""
    key, value = b"benchmark", text.encode()
    entry = b"\x0a" + bytes([len(key)]) + key + b"\x12" + bytes([len(value)]) + value
    return model + b"\x72" + bytes([len(entry)]) + entry


def fill(slipway, model, folder, registered, deployed, say):
    """Pushes `registered` models that differ in one metadata string, two at a time, and deploys the first ones."""
    def push(number):
        file = folder / f"many-{number}.onnx"
        file.write_bytes(with_note(model, f"model {number}"))
        slipway.push(file, f"many-{number}")
        file.unlink()
        if number < deployed:
            slipway.deploy(f"many-{number}")

    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(push, number) for number in range(registered)]
        try:
            for done, future in enumerate(waiting, 1):
                future.result()
                if done % 100 == 0:
                    say(f"{done} of {registered} models pushed, {time.perf_counter() - began:.0f} s")
        finally:
            pool.shutdown(cancel_futures=True)
    return time.perf_counter() - began


def start(slipway, deployed, request):
    """Seconds from the start of the process until every deployed endpoint has answered."""
    port = free_port()
    with slipway.process_on(port) as process:
        for number in range(deployed):
            message = http.request(f"/v2/models/many-{number}/infer", request["oip"])
            moment, content = http.first_answer(process, port, message)
            check_prediction(slipway.name, values_in_oip(content), request["expected"])
        memory = proportional_memory(process.pid)[0]
    return moment - process.started, memory


def status_seconds(slipway, runs=10):
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        slipway.command("status")
        taken.append(time.perf_counter() - began)
    return taken


def measure(one, many, folder, requests, models, options, say):
    """`one`: a server not running, with the endpoint `iris`; `many`: a server not running, on an empty folder."""
    request = requests["iris"]
    with many:
        filled = fill(many, (models / "iris.onnx").read_bytes(), folder, options.models, options.deployed, say)
    starts = [start(many, options.deployed, request) for _ in range(options.rounds + 1)][1:]
    with one, many:
        statuses = status_seconds(many)
        few = one.target("iris", request, folder, name="one endpoint")
        lot = many.target("many-0", request, folder, name="many endpoints")
        taken = {name: {str(count): [] for count in CONNECTIONS} for name in ("one", "many")}
        for target in (few, lot):
            load.wrk(target, 8, 1)
        for turn in range(options.rounds):
            for count in CONNECTIONS:
                for name, target in (("one", few), ("many", lot))[:: 1 if turn % 2 == 0 else -1]:
                    taken[name][str(count)].append(load.wrk(target, count, options.seconds))
    return {
        "registered": options.models,
        "deployed": options.deployed,
        "filled_seconds": filled,
        "start_seconds": statistics.median(seconds for seconds, _ in starts),
        "pss_bytes": statistics.median(memory for _, memory in starts),
        "status_seconds": statistics.median(statuses),
        "one": {c: load.summary(m) for c, m in taken["one"].items()},
        "many": {c: load.summary(m) for c, m in taken["many"].items()},
        "ratios": {c: load.ratio(m, taken["one"][c]) for c, m in taken["many"].items()},
    }
