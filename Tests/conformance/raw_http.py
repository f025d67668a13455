"""HTTP by hand: bytes that no client library would send, and answers read one at a time."""

import socket


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def __repr__(self):
        return f"Answer({self.status}, {self.headers}, {self.body[:300]})"


class Raw:
    """One connection. `answer` reads exactly one answer, so that pipelined ones come out in order."""

    def __init__(self, server, timeout=10):
        self.socket = server.connect(timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_quietly(self, data):
        """Sends as much as the other side takes; false when it hung up."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def _more(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise EOFError(f"the connection ended after {self.rest[:300]}")
        self.rest += data

    def answer(self, method="GET"):
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        version, status, _ = status_line.split(" ", 2)
        assert version == "HTTP/1.1", status_line
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            assert name.lower() not in headers, f"{name} comes twice"
            headers[name.lower()] = value.strip()
        length = 0 if method == "HEAD" or int(status) < 200 else int(headers["content-length"])
        while len(self.rest) < length:
            self._more()
        body, self.rest = self.rest[:length], self.rest[length:]
        return Answer(int(status), headers, body)

    def is_ended(self):
        """Waits for the end of the connection; false when something else comes or nothing happens."""
        try:
            return not self.rest and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def request(method, path, body=b"", *headers, host="h"):
    """A well-formed request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def chunked(pieces):
    """The pieces as a chunked body."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def exchange(server, data, method="GET", timeout=10):
    """Sends bytes on a connection of their own and reads one answer."""
    with Raw(server, timeout) as raw:
        raw.send_quietly(data)
        return raw.answer(method)
