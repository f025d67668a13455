#!/usr/bin/env python3
"""One client that asks at a fixed rate, whatever becomes of its earlier questions, in a process of its own.

usage: paced.py http|grpc PORT RATE SECONDS REQUEST ANSWERS

REQUEST is a file: a whole HTTP request, or a framed gRPC message. ANSWERS gets one line of JSON: a list of [when it was
sent, on CLOCK_MONOTONIC, and the milliseconds until the whole answer was there]. Ends with 1 on any answer but a good one.
"""

import json
import pathlib
import select
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness.openloop import Connection  # noqa: E402
from harness.rawgrpc import GRPCConnection  # noqa: E402

PATIENCE = 10.0
"""Seconds that answers are waited for behind the last question."""


def drive(connect, message, rate, seconds):
    """Sends on time; a connection has one question at a time, and there are as many as it takes."""
    free = [connect() for _ in range(8)]
    busy = {}
    taken = []
    start = time.monotonic()
    sent = 0
    while True:
        now = time.monotonic()
        due = start + sent / rate
        if due <= now and due < start + seconds:
            sent += 1
            connection = free.pop() if free else connect()
            # Latencies count from here: how late this process itself gets the processor is not the server's affair.
            if not connection.send(message, time.monotonic()):
                raise SystemExit("the connection takes no whole request")
            busy[connection.fileno()] = connection
            continue
        if due >= start + seconds and (not busy or now > start + seconds + PATIENCE):
            break
        until = due if due < start + seconds else start + seconds + PATIENCE
        # Not epoll, which counts in milliseconds.
        for number in select.select(list(busy), [], [], max(0.0, until - now))[0]:
            status = busy[number].answer()
            if status is None:
                continue
            if status != 200:
                raise SystemExit(f"an answer with the status {status}")
            connection = busy.pop(number)
            taken.append([connection.due, 1000 * (time.monotonic() - connection.due)])
            free.append(connection)
    if busy:
        raise SystemExit(f"{len(busy)} questions were never answered")
    return taken


def main():
    wire, port, rate, seconds, request, answers = sys.argv[1:]
    connect = {"http": Connection, "grpc": GRPCConnection}[wire]
    taken = drive(lambda: connect(int(port)), pathlib.Path(request).read_bytes(), float(rate), float(seconds))
    pathlib.Path(answers).write_text(json.dumps(taken))


if __name__ == "__main__":
    main()
