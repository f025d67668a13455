"""What HTTP/2 allows until there is too much of it, against the gRPC port: the attacker is cut off, nobody else notices."""

import socket
import struct
import time

import grpc
import pytest

from raw_http2 import (
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE,
    call_head, frame, literal)

PROTOCOL_ERROR, COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 1, 9, 11
CALL = call_head("/inference.GRPCInferenceService/ModelInfer")


@pytest.fixture
def wire(server):
    with socket.create_connection(("127.0.0.1", server.grpc_port), timeout=10) as wire:
        yield wire


def end_of(wire):
    """The code of the GOAWAY with which the server ends the connection; None when it ends without one."""
    received = b""
    try:
        while piece := wire.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    code = None
    while len(received) >= 9:
        length = int.from_bytes(received[:3], "big")
        if received[3] == GOAWAY:
            code = struct.unpack(">I", received[13:17])[0]
        received = received[9 + length:]
    return code


def pour(wire, pieces):
    """Sends until everything is sent or the server has had enough; the rest of the peer's time is its own."""
    wire.sendall(PREFACE + frame(SETTINGS))
    try:
        for piece in pieces:
            wire.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return end_of(wire)


def healthy(server):
    with grpc.insecure_channel(server.grpc_address) as channel:
        # A message whose field 1 is true.
        return channel.unary_unary("/inference.GRPCInferenceService/ServerReady")(b"", timeout=10) == b"\x08\x01"


FLOODS = {
    "rapid reset": lambda: (frame(HEADERS, END_HEADERS, stream, CALL) + frame(RST_STREAM, 0, stream, b"\0\0\0\x08")
                            for stream in range(1, 20_001, 2)),
    "PING": lambda: (frame(PING, 0, 0, bytes(8)) for _ in range(20_000)),
    "SETTINGS": lambda: (frame(SETTINGS) for _ in range(20_000)),
    "empty DATA": lambda: [frame(HEADERS, END_HEADERS, 1, CALL)] + [frame(DATA, 0, 1)] * 20_000,
    "WINDOW_UPDATE": lambda: (frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\x01") for _ in range(50_000)),
    "CONTINUATION": lambda: [frame(HEADERS, 0, 1, CALL)] + [frame(CONTINUATION, 0, 1, b"\x82")] * 20_000,
    "frames of an unknown kind": lambda: (frame(0xEE, 0, 0, b"x") for _ in range(20_000)),
    "a large header block": lambda: [frame(HEADERS, 0, 1, literal(b"a", b"x" * 100) * 300)] + [
        frame(CONTINUATION, 0, 1, literal(b"a", b"x" * 100) * 150) for _ in range(6)],
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_is_cut_off_and_others_are_served(server, wire, flood):
    assert pour(wire, FLOODS[flood]()) in (ENHANCE_YOUR_CALM, None)
    assert healthy(server)


def test_headers_that_unpack_to_megabytes_end_their_call_only(server, wire):
    # Four thousand bytes into the table, and twenty thousand references to them.
    bomb = b"\x40\x01a\x7f\xa1\x1e" + b"x" * 4000 + b"\xbe" * 20_000
    wire.sendall(PREFACE + frame(SETTINGS) + frame(HEADERS, END_HEADERS, 1, CALL + bomb))
    wire.sendall(frame(PING, 0, 0, b"still ok"))
    received = b""
    while b"still ok" not in received:
        piece = wire.recv(65536)
        assert piece, "the connection has ended"
        received += piece
    assert healthy(server)


@pytest.mark.parametrize("unit", "HMSmun")
def test_a_deadline_of_eight_digits_is_a_deadline(server, wire, unit):
    """The longest is more nanoseconds than 64 bits hold, and anybody may send it."""
    head = call_head("/inference.GRPCInferenceService/ServerReady") + literal(b"grpc-timeout", b"99999999" + unit.encode())
    wire.sendall(PREFACE + frame(SETTINGS) + frame(HEADERS, END_HEADERS, 1, head) + frame(DATA, END_STREAM, 1, bytes(5)))
    received = b""
    while (piece := wire.recv(65536)) and literal(b"grpc-status", b"0") not in received + piece:
        received += piece
    assert piece, "the connection has ended"
    assert healthy(server)


@pytest.mark.parametrize(("name", "bytes_", "code"), [
    ("DATA for no stream", frame(DATA, 0, 0, b"x"), PROTOCOL_ERROR),
    ("an even stream", frame(HEADERS, END_HEADERS, 2, CALL), PROTOCOL_ERROR),
    ("a window by nothing", frame(WINDOW_UPDATE, 0, 0, bytes(4)), PROTOCOL_ERROR),
    ("a block that cannot be read", frame(HEADERS, END_HEADERS, 1, b"\xff\xff"), COMPRESSION_ERROR),
    ("a frame of 16 MB", b"\xff\xff\xff\x00\x00\x00\x00\x00\x01", 6),
])
def test_a_violation_ends_the_connection_with_its_code(server, wire, name, bytes_, code):
    assert pour(wire, [bytes_]) == code
    assert healthy(server)


def test_http_1_is_told_where_it_is(wire):
    wire.sendall(b"GET /v2/health/ready HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = b""
    while piece := wire.recv(65536):
        answer += piece
    assert answer.startswith(b"HTTP/1.1 505 ") and b"gRPC" in answer


def test_a_thousand_silent_connections_keep_nobody_waiting(server):
    silent = [socket.create_connection(("127.0.0.1", server.grpc_port), timeout=10) for _ in range(1000)]
    try:
        for wire in silent[::2]:
            wire.sendall(PREFACE[:10])
        begun = time.monotonic()
        assert healthy(server)
        assert time.monotonic() - begun < 5
    finally:
        for wire in silent:
            wire.close()
