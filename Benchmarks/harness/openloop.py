"""An open loop: requests leave at a fixed rate, whether the answers to earlier ones have come or not.

A closed loop slows down with the server and so hides how it fares with more than it can do. Latencies count from the
moment at which a request was due, so that a driver that is late blames itself on nobody.
"""

import collections
import select
import socket
import time


class Connection:
    """A keep-alive connection with one request under way at most."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.due = 0.0
        self.received = b""

    def fileno(self):
        return self.socket.fileno()

    def send(self, message, due):
        """False when the kernel does not take it whole: then the connection is of no more use."""
        self.due, self.received = due, b""
        try:
            return self.socket.send(message) == len(message)
        except OSError:
            return False

    def answer(self):
        """The status once the whole answer is there, None until then, 0 when the connection has ended."""
        try:
            piece = self.socket.recv(1 << 16)
        except BlockingIOError:
            return None
        except OSError:
            return 0
        if not piece:
            return 0
        self.received += piece
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return None
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        return int(head[9:12]) if len(body) >= length else None


def drive(port, message, rate, seconds, connections, patience=0.0):
    """Sends `message` `rate` times a second over as many connections as it takes, `connections` of them open beforehand.

    Answers that have not come by then are waited for during `patience` more seconds.

    Returns `sent`; by status `count`, `p50_ms`, `p99_ms` and `max_ms`; `lost`, connections that ended without an answer;
    `late`, requests that left more than 10 ms after they were due.
    """
    free = [Connection(port) for _ in range(connections)]
    busy = {}
    poller = select.epoll()
    for connection in free:
        poller.register(connection, select.EPOLLIN)
    latencies = collections.defaultdict(list)
    counts = collections.Counter()
    start = time.monotonic()
    sent = 0
    while True:
        now = time.monotonic()
        while (due := start + sent / rate) <= now and due < start + seconds:
            if not free:
                free.append(Connection(port))
                poller.register(free[-1], select.EPOLLIN)
            connection = free.pop()
            counts["late"] += time.monotonic() - due > 0.01
            sent += 1
            if connection.send(message, due):
                busy[connection.fileno()] = connection
            else:
                counts["lost"] += 1
        if now >= start + seconds + (patience if busy else 0.0):
            break
        until = due if due < start + seconds else start + seconds + patience
        for number, _ in poller.poll(max(0.0, until - time.monotonic())):
            connection = busy.get(number)
            if connection is None:
                continue
            status = connection.answer()
            if status is None:
                continue
            del busy[number]
            if status:
                free.append(connection)
            else:
                counts["lost"] += 1
                poller.unregister(number)
            now = time.monotonic()
            if status:
                latencies[status].append(1000 * (now - connection.due))
    for connection in [*free, *busy.values()]:
        connection.socket.close()
    return {
        "sent": sent, "lost": counts["lost"], "late": counts["late"],
        "statuses": {str(status): summary(values) for status, values in sorted(latencies.items())},
    }


def summary(milliseconds):
    ordered = sorted(milliseconds)
    return {
        "count": len(ordered), "p50_ms": ordered[len(ordered) // 2], "p99_ms": ordered[len(ordered) * 99 // 100],
        "max_ms": ordered[-1],
    }
