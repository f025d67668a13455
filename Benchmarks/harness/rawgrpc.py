"""As much HTTP/2 as one gRPC call at a time takes, so that a paced client costs next to nothing."""

import socket
import struct

METHOD = "/inference.GRPCInferenceService/ModelInfer"
DATA, HEADERS, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1
WINDOW = 1 << 30


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def line(name, value):
    """A header that neither side remembers (RFC 7541, 6.2.2); texts of less than 127 bytes."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


class GRPCConnection:
    """A connection with one call under way at most."""

    def __init__(self, port, method=METHOD):
        self.head = b"".join(line(*pair) for pair in (
            (":method", "POST"), (":scheme", "http"), (":path", method), (":authority", f"127.0.0.1:{port}"),
            ("content-type", "application/grpc"), ("te", "trailers")))
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Windows that these answers never fill (setting 4 is a stream's first).
        self.socket.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, WINDOW))
            + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW)))
        self.socket.setblocking(False)
        self.stream, self.due, self.received, self.last_head = -1, 0.0, b"", b""

    def fileno(self):
        return self.socket.fileno()

    def send(self, message, due):
        """False when the kernel does not take it whole: then the connection is of no more use."""
        self.stream, self.due = self.stream + 2, due
        whole = frame(HEADERS, END_HEADERS, self.stream, self.head) + frame(DATA, END_STREAM, self.stream, message)
        try:
            return self.socket.send(whole) == len(whole)
        except OSError:
            return False

    def answer(self):
        """200 once the whole answer is there and good, 500 when it is not good, None until then, 0 at the end."""
        try:
            piece = self.socket.recv(1 << 16)
        except BlockingIOError:
            return None
        except OSError:
            return 0
        if not piece:
            return 0
        self.received += piece
        while len(self.received) >= 9:
            length = int.from_bytes(self.received[:3], "big")
            if len(self.received) < 9 + length:
                return None
            kind, flags, stream = struct.unpack(">BBI", self.received[3:9])
            payload, self.received = self.received[9:9 + length], self.received[9 + length:]
            if kind == SETTINGS and not flags & ACK:
                self.socket.send(frame(SETTINGS, ACK, 0))
            elif kind == PING and not flags & ACK:
                self.socket.send(frame(PING, ACK, 0, payload))
            elif kind == GOAWAY:
                return 0
            elif kind == HEADERS and stream == self.stream and flags & END_STREAM:
                # Slipway writes its trailers as plain text.
                return 200 if line("grpc-status", "0")[1:] in payload else 500
        return None
