"""A load that a closed loop cannot make: requests at moments that chance deals out, so many a second (`steady/`).

h2load has a rate as well, but hands each connection its share every 10 ms, to be sent at once: at 30% of the peak the
server is then at its limit for 3 ms, and idle for 7."""

import json
import pathlib

from .processes import run

DRIVER = pathlib.Path(__file__).parent.parent / "steady" / ".build" / "release" / "steady"


def drive(target, rate, seconds, folder):
    """About `rate` requests a second: what came of them, in all and at the median. Any failure fails the benchmark.

    `crowded` are those that had to wait for a connection: their latency counts from when they were due."""
    return _run(target, rate, seconds, folder)


def flood(target, rate, seconds, folder, connections, warm):
    """More than the server can do, over as many connections as it takes: `connections` are open beforehand.

    Of what was answered after the first `warm` seconds, by status: `requests`, `rps`, `p99_us`, `max_us`, counted from when
    a request was due. A connection that ends without an answer fails the benchmark."""
    return _run(target, rate, seconds, folder, connections, warm)


def _run(target, rate, seconds, folder, *more):
    message = folder / "steady-request"
    message.write_bytes(target.message)
    target.process.check_alive()
    result = run([DRIVER, target.port, f"{rate:.0f}", seconds, message, *more], timeout=seconds + 60)
    return json.loads(result.stdout)
