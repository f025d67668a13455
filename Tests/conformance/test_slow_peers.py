"""Peers that do just enough not to stand still: a body or a message that trickles, an answer that is hardly read. On both
ports they are given up, and whoever is slow but keeps up is served."""

import json
import signal
import socket
import struct
import time

import numpy
import pytest

from raw_http2 import (
    DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, PING, PREFACE, SETTINGS, WINDOW_UPDATE, call_head, frame,
    frames, literal, message)
from slipway_server import REPOSITORY, SlipwayServer
from triton_grpc import messages

RATE, ANSWER_RATE = 10_000, 1_000_000
"""Bytes a second that a body has to come with, and an answer to be taken with."""
FLOATS = 10_000_000
INFER = call_head("/inference.GRPCInferenceService/ModelInfer")


@pytest.fixture(scope="module")
def live(tmp_path_factory, models):
    """A server that asks for a rate, with a pause of one second for free: `iris`, and `zeros` whose answers are large."""
    folder = tmp_path_factory.mktemp("slow")
    server = SlipwayServer(
        folder / "data", log=folder / "server.log",
        env={"SLIPWAY_BODY_TIMEOUT_SECONDS": "1", "SLIPWAY_WRITE_TIMEOUT_SECONDS": "1",
             "SLIPWAY_MIN_BODY_BYTES_PER_SECOND": str(RATE), "SLIPWAY_MIN_ANSWER_BYTES_PER_SECOND": str(ANSWER_RATE)})
    server.start()
    server.deploy(REPOSITORY / "examples" / "iris" / "model.onnx", "iris")
    server.deploy(models / "tensor_by_input.onnx", "zeros")
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def unharmed(live):
    before = live.children()
    yield
    assert live.children() == before, live.log_text()
    assert live.request("GET", "/v2/health/ready")[0] == 200


class Pace:
    """Moments, one after the other, until `seconds` are over."""

    def __init__(self, seconds, step):
        self.steps, self.step = int(seconds / step), step

    def __iter__(self):
        for number in range(self.steps):
            yield number
            time.sleep(self.step)


class HTTP2:
    """One connection to the gRPC port, in frames."""

    def __init__(self, server, receive_buffer=None, window=(1 << 31) - 1):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", server.grpc_port))
        self.send(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, window)))
        if window > 65_535:
            self.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", window - 65_535)))
        self.rest, self.found = b"", []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, bytes_):
        self.socket.sendall(bytes_)

    def read(self):
        """The next frame; None at the end."""
        while not self.found:
            piece = self.receive()
            if not piece:
                return None
            self.found, self.rest = frames(self.rest + piece)
        return self.found.pop(0)

    def until(self, wanted):
        """The first frame of which `wanted` says so; None when the connection ends before."""
        while (each := self.read()) and not wanted(*each):
            pass
        return each

    def receive(self):
        try:
            return self.socket.recv(1 << 16)
        except ConnectionResetError:
            return b""

    def end_of(self, stream):
        """The trailers of a call."""
        return self.until(lambda kind, flags, of, _: (kind, of) == (HEADERS, stream) and flags & END_STREAM)


def iris_message(rows):
    request = messages.ModelInferRequest(model_name="iris")
    request.inputs.add(name="features", datatype="FP32", shape=[rows, 4])
    request.raw_input_contents.append(numpy.ones((rows, 4), "<f4").tobytes())
    return message(request.SerializeToString())


def zeros_message():
    request = messages.ModelInferRequest(model_name="zeros")
    request.inputs.add(name="shape", datatype="INT64", shape=[1])
    request.raw_input_contents.append(numpy.array([FLOATS], "<i8").tobytes())
    return message(request.SerializeToString())


def zeros_request():
    tensor = {"name": "shape", "shape": [1], "datatype": "INT64", "data": [FLOATS]}
    body = json.dumps({"inputs": [tensor], "outputs": [{"name": "y", "parameters": {"binary_data": True}}]}).encode()
    return b"POST /v2/models/zeros/infer HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body


# Bodies -------------------------------------------------------------------------------------------------------------


def test_an_http_body_that_trickles_is_answered_with_408(live):
    with live.connect() as wire:
        wire.sendall(b"POST /v2/models/iris/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        wire.settimeout(0.05)
        answer = b""
        for _ in Pace(10, 0.2):
            try:
                wire.sendall(b" ")
                answer += wire.recv(4096)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if answer:
                break
        assert answer.startswith(b"HTTP/1.1 408 "), answer


@pytest.mark.parametrize("begun", [b"", message(b"", length=100_000)], ids=["before the message", "inside the message"])
def test_a_grpc_message_that_trickles_ends_its_call_and_no_other(live, begun):
    """One byte now and then, on a connection that does other things meanwhile."""
    with HTTP2(live) as wire:
        wire.send(frame(HEADERS, END_HEADERS, 1, INFER))
        if begun:
            wire.send(frame(DATA, 0, 1, begun))
        for number in Pace(4, 0.25):
            if begun:
                wire.send(frame(DATA, 0, 1, b"x"))
            wire.send(frame(HEADERS, END_HEADERS, 3 + 2 * number, INFER))
            wire.send(frame(DATA, END_STREAM, 3 + 2 * number, iris_message(1)))
        ended = {}
        wire.send(frame(PING, 0, 0, b"the last"))
        while (each := wire.read()) and each[3] != b"the last":
            kind, flags, stream, payload = each
            if kind == HEADERS and flags & END_STREAM:
                ended[stream] = payload
        assert each, "the connection goes on"
    assert literal(b"grpc-status", b"4")[1:] in ended.pop(1), "DEADLINE_EXCEEDED"
    assert sorted(ended) == list(range(3, 35, 2))
    assert all(literal(b"grpc-status", b"0")[1:] in payload for payload in ended.values())


def test_a_grpc_message_that_is_slow_but_keeps_up_is_answered(live):
    whole = iris_message(3000)
    with HTTP2(live) as wire:
        wire.send(frame(HEADERS, END_HEADERS, 1, INFER))
        pieces = [whole[at:at + RATE // 2] for at in range(0, len(whole), RATE // 2)]
        for number, _ in zip(Pace(60, 0.3), pieces):
            wire.send(frame(DATA, 0, 1, pieces[number]))
        wire.send(frame(DATA, END_STREAM, 1))
        _, _, _, trailers = wire.end_of(1)
        assert literal(b"grpc-status", b"0")[1:] in trailers


def test_a_stream_may_be_silent_between_its_messages(live):
    """What is no message in the making has no pace."""
    with HTTP2(live) as wire:
        wire.send(frame(HEADERS, END_HEADERS, 1, call_head("/inference.GRPCInferenceService/ModelStreamInfer")))
        for last in (False, True):
            time.sleep(2.5)
            wire.send(frame(DATA, END_STREAM if last else 0, 1, iris_message(1)))
            assert wire.until(lambda kind, flags, stream, _: (kind, stream) == (DATA, 1))
        _, _, _, trailers = wire.end_of(1)
        assert literal(b"grpc-status", b"0")[1:] in trailers


# Answers ------------------------------------------------------------------------------------------------------------


def read(wire, enough, seconds, bytes_each, step=0.1):
    """Takes so many bytes each step for a while, then as many as come until there are `enough`; how many there were."""
    count, steps = 0, iter(Pace(seconds, step))
    while count < enough:
        is_slow = next(steps, None) is not None
        try:
            piece = wire.recv(bytes_each if is_slow else 1 << 20)
        except ConnectionResetError:
            break
        if not piece:
            break
        count += len(piece)
    return count


READERS = pytest.mark.parametrize("buffer, bytes_each, is_served", [
    (4096, 5_000, False), (None, 300_000, True)], ids=["trickle", "slow"])


@READERS
def test_an_http_answer_that_is_hardly_taken_is_given_up(live, buffer, bytes_each, is_served):
    with socket.socket() as wire:
        if buffer:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        wire.settimeout(20)
        wire.connect(("127.0.0.1", live.port))
        wire.sendall(zeros_request())
        count = read(wire, 4 * FLOATS, 6, bytes_each)
    assert (count >= 4 * FLOATS) == is_served, count


@READERS
def test_a_grpc_answer_that_is_hardly_taken_is_given_up(live, buffer, bytes_each, is_served):
    with HTTP2(live, receive_buffer=buffer) as wire:
        wire.send(frame(HEADERS, END_HEADERS, 1, INFER) + frame(DATA, END_STREAM, 1, zeros_message()))
        count = read(wire.socket, 4 * FLOATS, 6, bytes_each)
    assert (count >= 4 * FLOATS) == is_served, count


def test_a_grpc_answer_that_is_still_being_read_when_the_server_stops_is_not_cut(new_server, models):
    server = new_server()
    server.deploy(models / "tensor_by_input.onnx", "zeros")
    whole = zeros_message()
    with HTTP2(server) as wire:
        wire.send(frame(HEADERS, END_HEADERS, 1, INFER) + frame(DATA, 0, 1, whole[:10]) + frame(PING, 0, 0, b"the call"))
        assert wire.until(lambda kind, flags, _, payload: (kind, payload) == (PING, b"the call"))
        server.process.send_signal(signal.SIGTERM)
        _, _, _, mark = wire.until(lambda kind, flags, *_: kind == PING and not flags)
        # From here on the answer is all that there is left to do.
        wire.send(frame(PING, 1, 0, mark) + frame(DATA, END_STREAM, 1, whole[10:]))
        time.sleep(3)
        count, trailers = 0, None
        while each := wire.read():
            kind, flags, _, payload = each
            count += len(payload) if kind == DATA else 0
            trailers = payload if kind == HEADERS and flags & END_STREAM else trailers
    assert count > 4 * FLOATS
    assert literal(b"grpc-status", b"0")[1:] in trailers
    assert server.process.wait(20) == 0


def test_a_window_that_opens_by_a_byte_now_and_then_is_no_way_to_hold_an_answer(live):
    """All that is sent is read at once; what is not sent yet waits for the window that the peer gives."""
    with HTTP2(live, window=65_535) as wire:
        wire.send(frame(HEADERS, END_HEADERS, 1, INFER) + frame(DATA, END_STREAM, 1, zeros_message()))
        wire.socket.settimeout(0.05)
        for _ in Pace(15, 0.2):
            try:
                wire.send(frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\x01") + frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\x01"))
                if not wire.socket.recv(1 << 16):
                    return
            except TimeoutError:
                continue
            except ConnectionError:
                return
        pytest.fail("the connection is still open")
