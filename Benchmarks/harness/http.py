"""As much HTTP as the benchmark needs on one raw socket, so that the client costs next to nothing."""

import socket
import time

from .processes import WrongAnswer


def request(path, body=None, method=None, token=None):
    """The bytes of one request; a POST of JSON when there is a body."""
    content = b"" if body is None else body.encode()
    head = f"{method or ('GET' if body is None else 'POST')} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    return head.encode() + b"\r\n" + content


def exchange(port, message, timeout=10):
    """Sends one request on a new connection; returns status, body, and the bytes of the whole answer."""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.sendall(message)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += _more(connection)
        head, _, content = answer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        length = int(fields.get("content-length", 0))
        while len(content) < length:
            content += _more(connection)
        return int(lines[0].split()[1]), content, len(head) + 4 + len(content)


def _more(connection):
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionError("closed before the answer was whole")
    return piece


def first_answer(process, port, message, timeout=60, pause=0.0005):
    """Asks again and again until the answer is 200; returns the moment (perf_counter) and the body.

    Between refused attempts it sleeps half a millisecond, so as not to take the processor from what is starting."""
    deadline = time.perf_counter() + timeout
    last = "nobody listened"
    while time.perf_counter() < deadline:
        try:
            status, content, _ = exchange(port, message)
            if status == 200:
                return time.perf_counter(), content
            last = f"{status} {content[:200]!r}"
        except (ConnectionError, TimeoutError) as error:
            last = str(error)
        process.check_alive()
        time.sleep(pause)
    raise WrongAnswer(f"{process.name} gave no good answer within {timeout} s: {last}\n{process.last_words()}")
