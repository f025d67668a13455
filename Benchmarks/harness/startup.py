"""From the start of the process to the first answered prediction, and the memory that is resident then."""

import statistics

from . import http
from .processes import WrongAnswer, free_port, proportional_memory
from .servers import check_prediction, values_in_oip


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "runs": len(values)}


def once(slipway, model, request):
    """Starts the server on its data folder, asks until it answers; returns seconds, bytes of memory, processes."""
    port = free_port()
    message = http.request(f"/v2/models/{model}/infer", request["oip"])
    with slipway.process_on(port) as process:
        moment, content = http.first_answer(process, port, message)
        check_prediction(slipway.name, values_in_oip(content), request["expected"])
        memory, processes = proportional_memory(process.pid)
        status = process.stop()
        if status != 0:
            raise WrongAnswer(f"{slipway.name}: SIGTERM ended it with {status}\n{process.last_words()}")
    return moment - process.started, memory, processes


def measure(slipway, requests, runs, say):
    """`slipway`: not running, on a data folder with the one deployed endpoint `iris`. The first run only warms the
    page cache and is not counted."""
    taken = [once(slipway, "iris", requests["iris"]) for _ in range(runs + 1)][1:]
    seconds = spread([seconds for seconds, _, _ in taken])
    memory = spread([memory for _, memory, _ in taken])
    say(f"start-up {seconds['median'] * 1000:.0f} ms, memory {memory['median'] / 1e6:.1f} MB")
    return {"seconds": seconds, "pss_bytes": memory, "processes": taken[-1][2]}
