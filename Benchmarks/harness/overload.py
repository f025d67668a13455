"""Ten times what a model of milliseconds can do, and ten thousand connections that do next to nothing."""

import resource
import socket
import statistics
import threading
import time

from . import load, steady

OVERLOAD = 10
SLOW_CONNECTIONS = 10_000
HEALTHY_CONNECTIONS = 8

SETTLE_SECONDS = 2
WARM_SECONDS = 2
NOTHING = {"requests": 0, "rps": 0.0, "p99_us": 0.0, "max_us": 0.0}


def measure(folder, requests, models, slipway, options, say):
    return {"open_loop": crowd(folder, requests, slipway, options, say), "slow": slow(folder, requests, slipway, options, say)}


def crowd(folder, requests, slipway, options, say):
    """The peak is what a closed loop gets that never waits; goodput is what is answered with 200 while the open loop sends
    ten times as much. The line fills during the first seconds, which do not count."""
    target = slipway.target("millis", requests["millis"], folder)
    rounds = []
    for turn in range(options.rounds):
        peak = load.wrk(target, 4, options.seconds)["rps"]
        figures = steady.flood(
            target, OVERLOAD * peak, options.seconds + WARM_SECONDS, folder, connections=1500, warm=WARM_SECONDS)
        served, refused = (figures["statuses"].get(status, NOTHING) for status in ("200", "429"))
        rounds.append({
            "peak_rps": peak, "sent_rps": figures["sent"] / figures["seconds"], "goodput_rps": served["rps"],
            "refused": refused["requests"], "refused_p99_ms": refused["p99_us"] / 1000,
            "refused_max_ms": refused["max_us"] / 1000, "late": figures["late"],
            "statuses": sorted(figures["statuses"]),
        })
        last = rounds[-1]
        say(f"round {turn + 1}  peak {peak:.0f}/s, sent {last['sent_rps']:.0f}/s, served {last['goodput_rps']:.0f}/s; "
            f"refused at p99 {last['refused_p99_ms']:.1f} ms, at most {last['refused_max_ms']:.1f} ms")
    return {
        "rounds": rounds,
        "goodput_share": statistics.median(r["goodput_rps"] / r["peak_rps"] for r in rounds),
        "refused_p99_ms": statistics.median(r["refused_p99_ms"] for r in rounds),
        "refused_max_ms": max(r["refused_max_ms"] for r in rounds),
    }


def slow(folder, requests, slipway, options, say):
    """A healthy client's latency alone, and among connections that send one byte of a header every ten seconds."""
    target = slipway.target("iris", requests["iris"], folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(SLOW_CONNECTIONS, hard - 1000)
    rounds = []
    try:
        for turn in range(options.rounds):
            alone = load.wrk(target, HEALTHY_CONNECTIONS, options.seconds)
            with Trickle(slipway.port, count) as trickle:
                among = load.wrk(target, HEALTHY_CONNECTIONS, options.seconds)
                still = trickle.alive()
            time.sleep(SETTLE_SECONDS)
            rounds.append({"alone_p99_us": alone["p99_us"], "among_p99_us": among["p99_us"], "still_open": still,
                           "alone_rps": alone["rps"], "among_rps": among["rps"]})
            say(f"round {turn + 1}  p99 alone {alone['p99_us']:.0f} us, among {still} slow connections "
                f"{among['p99_us']:.0f} us")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return {"connections": count, "rounds": rounds,
            "ratio": statistics.median(r["among_p99_us"] / r["alone_p99_us"] for r in rounds)}


class Trickle:
    """Connections in the middle of their headers, each with one more byte every ten seconds."""

    def __init__(self, port, count):
        self.port, self.count = port, count
        self.connections, self.over = [], threading.Event()

    def __enter__(self):
        for _ in range(self.count):
            connection = socket.create_connection(("127.0.0.1", self.port))
            connection.sendall(b"POST /v2/models/iris/infer HTTP/1.1\r\nHost")
            connection.setblocking(False)
            self.connections.append(connection)
        self.thread = threading.Thread(target=self.trickle)
        self.thread.start()
        # Accepting them is over; what they cost by being there is what is measured.
        time.sleep(SETTLE_SECONDS)
        return self

    def trickle(self):
        while True:
            for turn in range(100):
                if self.over.wait(0.1):
                    return
                for connection in self.connections[turn::100]:
                    try:
                        connection.send(b"x")
                    except OSError:
                        pass  # the server has had enough of it

    def alive(self):
        count = 0
        for connection in self.connections:
            try:
                count += connection.recv(1) != b""
            except BlockingIOError:
                count += 1
            except OSError:
                pass
        return count

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        for connection in self.connections:
            connection.close()
