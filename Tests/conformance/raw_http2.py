"""Frames of HTTP/2 by hand, as no client library would send them."""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS = 1, 4
INITIAL_WINDOW_SIZE = 4


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


def call_head(path):
    """The header block of a gRPC call."""
    return (literal(b":method", b"POST") + literal(b":scheme", b"http") + literal(b":path", path.encode())
            + literal(b"content-type", b"application/grpc") + literal(b"te", b"trailers"))


def message(content, length=None):
    """A gRPC message with its prefix, which may claim another length."""
    return b"\0" + struct.pack(">I", len(content) if length is None else length) + content


def frames(received):
    """The whole frames in `received` as (kind, flags, stream, payload), and what is left of it."""
    found = []
    while len(received) >= 9:
        length = int.from_bytes(received[:3], "big")
        if len(received) < 9 + length:
            break
        kind, flags, stream = struct.unpack(">BBI", received[3:9])
        found.append((kind, flags, stream, received[9:9 + length]))
        received = received[9 + length:]
    return found, received
