"""The HTTP channel against senders that are wrong, slow, many or hostile: bytes by hand, against the real process."""

import contextlib
import gzip
import json
import random
import re
import select
import socket
import struct
import threading
import time
import zlib

import pytest

from raw_http import Raw, chunked, exchange, request
from slipway_server import SlipwayServer, resident_bytes, wait_until

INFER = "/v2/models/iris/infer"
BODY = json.dumps(
    {"id": "7", "inputs": [{"name": "features", "datatype": "FP32", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}]}
).encode()


@pytest.fixture(scope="module")
def live(tmp_path_factory, examples):
    """A server with one endpoint, whose time-outs are so short that a test can wait for them."""
    folder = tmp_path_factory.mktemp("hardening")
    server = SlipwayServer(
        folder / "data", log=folder / "server.log",
        env={"SLIPWAY_HEADER_TIMEOUT_SECONDS": "1", "SLIPWAY_BODY_TIMEOUT_SECONDS": "1",
             "SLIPWAY_IDLE_TIMEOUT_SECONDS": "4"})  # fmt: skip
    server.start()
    server.deploy(examples / "iris" / "model.onnx", "iris")
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def unharmed(live):
    """After each test the same process still answers."""
    before = live.children()
    yield
    assert live.children() == before, live.log_text()
    assert_answers(live)


def assert_answers(live, timeout=10):
    status, answer = live.json("POST", INFER, BODY, timeout=timeout)
    assert (status, answer["id"], answer["outputs"][0]["data"]) == (200, "7", [0])


def assert_ended(raw, status=400):
    """One refusal that announces the end of the connection, and nothing after it."""
    answer = raw.answer()
    assert answer.status == status, answer
    assert answer.headers["connection"] == "close"
    assert json.loads(answer.body)["error"]
    assert raw.is_ended()
    return answer


# What two readers could understand differently -------------------------------------------------------------------

SMUGGLED = request("GET", "/v2/models/iris")


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 4", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 4"],
        ["Transfer-Encoding: chunked", "Content-Length: 0"],
        ["Content-Length: 4", "Content-Length: 5"],
        ["Content-Length: 0", "Content-Length: 4"],
        ["Content-Length: 4, 5"],
        ["Content-Length: 4, 4"],
        ["Content-Length: +4"],
        ["Content-Length: -4"],
        ["Content-Length: 0x4"],
        ["Content-Length: 4 4"],
        ["Content-Length: 4;"],
        ["Content-Length: 4.0"],
        ["Content-Length: "],
        ["Content-Length: \u0664"],
        ["Content-Length: 18446744073709551620"],
        ["Content-Length: 9223372036854775808"],
        ["Content-Length : 4"],
        ["Content-Length\t: 4"],
        [" Content-Length: 4"],
        ["X: 1", " Content-Length: 4"],
        ["X: 1", "\tfolded"],
        ["X: 1\x00"],
        ["X: 1\x01"],
        ["X: 1\x7f"],
        ["X\x00: 1"],
        ["X Y: 1"],
        ["X(Y): 1"],
        ["X\u00e4: 1"],
        ["NoColon"],
        [": nameless"],
        ["X: 1\nContent-Length: 4"],
        ["X: 1\rContent-Length: 4"],
        ["Host: other"],
    ],
)
def test_ambiguous_headers_are_refused_and_end_the_connection(live, lines):
    head = "\r\n".join(["POST " + INFER + " HTTP/1.1", "Host: h", *lines]) + "\r\n\r\n"
    with Raw(live) as raw:
        raw.send(head.encode("utf-8") + b"4\r\n" + SMUGGLED)
        assert_ended(raw)


@pytest.mark.parametrize(
    "coding",
    ["gzip, chunked", "chunked, chunked", "chunked, identity", "identity", "xchunked", "chunked;q=1", "\x0bchunked",
     "chunked\x0b", "deflate", '"chunked"', ""])  # fmt: skip
def test_transfer_codings_beside_chunked_are_refused(live, coding):
    head = f"POST {INFER} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: {coding}\r\n\r\n"
    with Raw(live) as raw:
        raw.send(head.encode("latin-1") + b"0\r\n\r\n" + SMUGGLED)
        answer = raw.answer()
        assert answer.status in (400, 501), answer
        assert raw.is_ended()


def test_two_equal_transfer_encodings_are_refused(live):
    head = f"POST {INFER} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Raw(live) as raw:
        raw.send(head.encode() + b"0\r\n\r\n")
        assert_ended(raw, 501)


@pytest.mark.parametrize(
    "body",
    [
        b"ffffffffffffffff\r\n", b"10000000000000000\r\n", b"7fffffffffffffff0\r\n", b"8000000000000000\r\n",
        b"-1\r\n", b"+5\r\nhello\r\n", b"0x5\r\nhello\r\n", b" 5\r\nhello\r\n", b"5 \r\nhello\r\n", b"\r\nhello\r\n",
        b"g\r\n", b"5\nhello\n0\n\n", b"5\r\nhello!\r\n", b"5\r\nhelloX\n0\r\n\r\n", b"5\r\nhell\r\n0\r\n\r\n",
        b"5;\x00\r\nhello\r\n", b"5\rX\r\nhello\r\n", b"5;" + b"x" * 5000, b"5" * 5000,
        b"0\r\n" + b"Trailer: x\r\n" * 1000, b"0\r\nX: 1\n\r\n", b"0\r\nX: \x00\r\n\r\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", [INFER, "/api/v1/spaces/default/models/x/versions"])
def test_chunks_that_lie_are_refused_and_end_the_connection(live, path, body):
    head = f"POST {path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Raw(live) as raw:
        raw.send(head.encode() + body + SMUGGLED)
        assert_ended(raw)


def test_nothing_after_a_refused_request_is_ever_answered(live):
    """The classic: the body of a refused request is itself a request."""
    head = f"POST {INFER} HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Raw(live) as raw:
        raw.send(head.encode() + b"0\r\n\r\nX" + SMUGGLED * 5)
        assert_ended(raw)


@pytest.mark.parametrize(
    "start",
    [
        "GET /v2 HTTP/1.1\nHost: h\n\n", "GET  /v2 HTTP/1.1", "GET /v2  HTTP/1.1", "GET /v2 HTTP/1.1 ", " GET /v2 HTTP/1.1",
        "GET\t/v2\tHTTP/1.1", "GET /v2", "GET", "/v2 HTTP/1.1", "GET /v2 HTTP/1", "GET /v2 HTTP/11", "GET /v2 http/1.1",
        "GET /v2 HTTP/1.1\x00", "GET /v\x002 HTTP/1.1", "GET /v\x7f2 HTTP/1.1", "GET /v2# HTTP/1.1", "GET v2 HTTP/1.1",
        "GET ../v2 HTTP/1.1", "GET * HTTP/1.1", "G(T /v2 HTTP/1.1", "GET http:// HTTP/1.1", "GET http:///v2 HTTP/1.1",
        "GET ftp://h/v2 HTTP/1.1", "GET //h/v2 HTTP/1.1", "CONNECT h:443 HTTP/1.1", "GET /\u00e4 HTTP/1.1",
        "PRI * HTTP/1.1", "\x16\x03\x01\x02\x00\x01\x00", "\x00", "\xff\xfe",
    ],
)  # fmt: skip
def test_request_lines_that_are_none_are_refused(live, start):
    with Raw(live) as raw:
        raw.send(f"{start}\r\nHost: h\r\n\r\n".encode("utf-8"))
        answer = raw.answer()
        assert answer.status == 400, answer


def test_http_2_without_tls_and_other_versions_are_refused_with_505(live):
    for version in ["HTTP/2.0", "HTTP/0.9", "HTTP/3.0"]:
        with Raw(live) as raw:
            raw.send(f"GET /v2 {version}\r\nHost: h\r\n\r\n".encode())
            assert_ended(raw, 505)


def test_a_request_needs_exactly_one_host(live):
    for lines in ["", "Host: a\r\nHost: a\r\n"]:
        with Raw(live) as raw:
            raw.send(f"GET /v2 HTTP/1.1\r\n{lines}\r\n".encode())
            assert_ended(raw)


# Sizes -----------------------------------------------------------------------------------------------------------


def test_a_request_line_that_is_too_long_is_refused_with_414(live):
    with Raw(live) as raw:
        raw.send(request("GET", "/v2/" + "x" * 9000))
        assert_ended(raw, 414)


def test_headers_that_are_too_long_are_refused_with_431(live):
    for header in ["X: " + "y" * 40_000, "X" * 40_000 + ": 1", *["X: " + "y" * 7000 + f"\r\nY: {'z' * 30_000}"]]:
        with Raw(live) as raw:
            raw.send_quietly(request("GET", "/v2", b"", header))
            assert_ended(raw, 431)


def test_too_many_headers_are_refused_with_431(live):
    assert exchange(live, request("GET", "/v2", b"", *[f"X-{n}: 1" for n in range(99)])).status == 200
    with Raw(live) as raw:
        raw.send(request("GET", "/v2", b"", *[f"X-{n}: 1" for n in range(100)]))
        assert_ended(raw, 431)


def test_a_flood_of_headers_costs_no_memory_and_no_time_of_others(live):
    child = live.children()[-1]
    before = resident_bytes(child)
    line = b"X-Flood: " + b"y" * 1000 + b"\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            raw = stack.enter_context(Raw(live))
            raw.send(b"GET /v2 HTTP/1.1\r\nHost: h\r\n")
            sent = 0
            while sent < 200 and raw.send_quietly(line):
                sent += 1
        assert_answers(live)
        assert resident_bytes(child, "VmHWM") - before < 32 << 20


def test_empty_lines_without_end_are_refused(live):
    with Raw(live) as raw:
        raw.send(b"\r\n\r\n" + request("GET", "/v2"))
        assert raw.answer().status == 200
    with Raw(live) as raw:
        raw.send_quietly(b"\r\n" * 1000)
        assert_ended(raw)


# Bytes as they come ----------------------------------------------------------------------------------------------


def test_requests_split_at_every_byte_are_understood(live):
    whole = (
        request("POST", INFER, BODY, "Content-Type: application/json")
        + f"POST {INFER} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        + chunked([BODY[:10], BODY[10:11], BODY[11:]])
        + request("GET", "/api/v1/server")
    )
    with Raw(live) as raw:
        for cut in range(1, len(whole)):
            raw.send(whole[:cut])
            raw.send(whole[cut:])
            for _ in range(2):
                assert json.loads(raw.answer().body)["id"] == "7", cut
            assert json.loads(raw.answer().body)["name"] == "slipway", cut


def test_a_request_that_comes_byte_by_byte_is_understood(live):
    with Raw(live) as raw:
        for byte in request("POST", INFER, BODY):
            raw.send(bytes([byte]))
        assert raw.answer().status == 200


def test_many_requests_in_one_flight_are_answered_in_order(live):
    """More than fits any buffer, and nobody reads until all are sent: the server has to stop reading, not to grow."""
    child = live.children()[-1]
    before = resident_bytes(child)
    # Some kernels keep 32 MB for who has not read yet, and 4 MB for who has not been read from.
    count = 35_000
    flight = b"".join(request("POST", INFER, BODY.replace(b'"7"', b'"%d"' % n).ljust(4000)) for n in range(count))
    with Raw(live, timeout=30) as raw:
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        sent = send_until_stuck(raw, flight)
        assert sent < len(flight), "the server read on although nobody took its answers"
        assert resident_bytes(child) - before < 32 << 20
        assert_answers(live)
        sender = threading.Thread(target=raw.send_quietly, args=[flight[sent:]])
        sender.start()
        for number in range(count):
            assert json.loads(raw.answer().body)["id"] == str(number)
        sender.join()


def test_each_body_has_a_time_of_its_own(live):
    """The server never has a whole request and nothing more: the next one has always begun."""
    whole = request("POST", INFER, BODY.ljust(2000))
    cut = len(whole) - 500
    with Raw(live) as raw:
        raw.send(whole[:cut])
        # Longer than a body may take.
        until = time.monotonic() + 3.5
        while time.monotonic() < until:
            raw.send(whole[cut:] + whole[:cut])
            assert raw.answer().status == 200
            time.sleep(0.05)
        raw.send(whole[cut:])
        assert raw.answer().status == 200


def send_until_stuck(raw, data):
    """Sends until the other side has taken nothing for half a second; how much it took."""
    timeout = raw.socket.gettimeout()
    raw.socket.settimeout(0.5)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < len(data):
            sent += raw.socket.send(data[sent : sent + (1 << 16)])
    raw.socket.settimeout(timeout)
    return sent


# Slow and idle ---------------------------------------------------------------------------------------------------


def test_headers_that_come_too_slowly_are_answered_with_408(live):
    with Raw(live) as raw:
        raw.send(b"GET /v2 HTTP/1.1\r\nHost: h\r\n")
        assert_ended(raw, 408)


def test_a_trickle_of_headers_does_not_buy_time(live):
    started = time.monotonic()
    with Raw(live) as raw:
        raw.send(b"GET /v2 HTTP/1.1\r\nHost: h\r\n")
        while time.monotonic() - started < 9 and raw.send_quietly(b"X: 1\r\n"):
            time.sleep(0.1)
            if not raw.rest:
                raw.socket.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    raw.rest += raw.socket.recv(1 << 16)
                raw.socket.setblocking(True)
            if raw.rest:
                break
        raw.socket.settimeout(10)
        assert raw.answer().status == 408


def test_a_body_that_stops_is_answered_with_408(live):
    with Raw(live) as raw:
        raw.send(request("POST", INFER, BODY)[:-5])
        assert_ended(raw, 408)


def test_a_chunked_body_that_stops_is_answered_with_408(live):
    with Raw(live) as raw:
        raw.send(f"POST {INFER} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab".encode())
        assert_ended(raw, 408)


def test_a_management_body_that_stops_ends_the_connection(live):
    with Raw(live) as raw:
        raw.send(request("PUT", "/api/v1/spaces/default/blobs/" + "ab" * 32, b"x" * 100)[:-5])
        with contextlib.suppress(EOFError, ConnectionResetError):
            assert raw.answer().status in (400, 408)
        assert raw.is_ended()
    wait_until(lambda: not list((live.data / "tmp").iterdir()), "a clean folder for what is under way")


def test_an_idle_connection_is_closed(live):
    with Raw(live) as fresh, Raw(live) as used:
        used.send(request("GET", "/v2"))
        assert used.answer().status == 200
        assert fresh.is_ended()
        assert used.is_ended()


def test_a_thousand_idle_and_slow_connections_do_not_keep_anybody_waiting(live):
    child = live.children()[-1]
    before = resident_bytes(child)
    with contextlib.ExitStack() as stack:
        for number in range(1000):
            raw = stack.enter_context(Raw(live))
            if number % 2:
                raw.send(b"POST /v2/models/iris/infer HTTP/1.1\r\nHost: h\r\nContent-Le")
            if number % 50 == 0:
                assert_answers(live)
        assert_answers(live)
        assert resident_bytes(child) - before < 64 << 20


def test_a_reader_that_never_reads_is_given_up_or_held_in_bounded_memory(live):
    child = live.children()[-1]
    before = resident_bytes(child)
    flight = request("GET", "/api/v1/openapi.json") * 200
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            raw = stack.enter_context(Raw(live))
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            raw.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                raw.socket.send(flight)
        assert_answers(live)
        assert resident_bytes(child) - before < 64 << 20


# Methods, paths, versions ----------------------------------------------------------------------------------------


def test_head_is_answered_as_get_without_its_body(live):
    for path in ["/v2", "/v2/health/ready", "/v2/models/iris", "/api/v1/server", "/metrics", "/", "/nothing"]:
        with Raw(live) as raw:
            raw.send(request("GET", path) + request("HEAD", path) + request("GET", "/v2/health/live"))
            get, head = raw.answer(), raw.answer("HEAD")
            assert head.status == get.status
            assert head.headers["content-type"] == get.headers["content-type"]
            if path not in ("/metrics", "/api/v1/server"):  # their bodies change from one to the next
                assert head.headers["content-length"] == get.headers["content-length"]
            assert json.loads(raw.answer().body) == {"live": True}, path


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/v2", {"GET", "HEAD"}), ("GET", INFER, {"POST"}), ("PATCH", "/api/v1/server", {"GET", "HEAD"}),
        ("POST", "/api/v1/spaces/default/deployments/iris", {"GET", "HEAD", "PUT", "DELETE"}),
        ("GET", "/v2/repository/index", {"POST"}), ("TRACE", "/v2", {"GET", "HEAD"}),
        ("get", "/v2", {"GET", "HEAD"}), ("FOO", "/metrics", {"GET", "HEAD"}),
    ],
)  # fmt: skip
def test_a_method_that_a_path_does_not_take_is_refused_with_405(live, method, path, allow):
    with Raw(live) as raw:
        raw.send(request(method, path) + request("GET", "/v2"))
        answer = raw.answer()
        assert answer.status == 405, answer
        assert set(re.split(r",\s*", answer.headers["allow"])) == allow
        assert raw.answer().status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/models/iris", 200), ("/v2/models/iris/", 200), ("/v2/models/%69ris", 200), ("/%76%32", 200),
        ("/v2/models/iris?x=1&y=%00", 200), ("/v2/models%2firis", 404), ("/v2/models/iris%2Fready", 404),
        ("/v2/models/..%2f..%2fmetrics", 404), ("//v2", 400), ("/v2//models", 400), ("/v2/./models", 400),
        ("/v2/../metrics", 400), ("/v2/%2e%2e/metrics", 400), ("/v2/%2e/models", 400), ("/v2/models/%", 400),
        ("/v2/models/%zz", 400), ("/v2/models/%4", 400), ("/v2/models/iris%00", 404), ("/v2/models/%ff%fe", 404),
        ("/v2/models/iris%0d%0aX:1", 404), ("/v2/models/" + "x" * 129, 404), ("/a" * 2000, 404),
        ("/api/v1/spaces/default/blobs/..%2f..%2f..%2fetc%2fpasswd", 404), ("/v2/models/ir%C3%ACs", 404),
        ("/V2/models/iris", 404), ("/etc/passwd", 404), ("/.git/config", 404),
    ],
)  # fmt: skip
def test_paths_have_one_meaning(live, path, status):
    method = "GET" if "blobs" not in path else "PUT"
    with Raw(live) as raw:
        raw.send(request(method, path) + request("GET", "/v2"))
        answer = raw.answer()
        assert answer.status == status, answer
        if status != 200:
            assert json.loads(answer.body)["error"]
        assert raw.answer().status == 200


def test_the_absolute_form_of_a_target_is_understood(live):
    for target in [f"http://{live.address}/v2/models/iris", "HTTP://h/v2/models/iris", "https://h/v2/models/iris?x"]:
        assert json.loads(exchange(live, request("GET", target)).body)["name"] == "iris"


def test_http_1_0_is_answered_and_closed_unless_asked_to_stay(live):
    with Raw(live) as raw:
        raw.send(b"GET /v2/health/live HTTP/1.0\r\n\r\n")
        assert raw.answer().headers["connection"] == "close"
        assert raw.is_ended()
    with Raw(live) as raw:
        for _ in range(3):
            raw.send(b"GET /v2/health/live HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
            assert raw.answer().headers["connection"].lower() == "keep-alive"
    with Raw(live) as raw:
        raw.send(f"POST {INFER} HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode())
        assert_ended(raw)


def test_connection_close_is_kept(live):
    with Raw(live) as raw:
        raw.send(request("GET", "/v2", b"", "Connection: close") + request("GET", "/v2"))
        assert raw.answer().headers["connection"] == "close"
        assert raw.is_ended()


def test_a_connection_stays_open_for_many_requests(live):
    with Raw(live) as raw:
        for number in range(1000):
            raw.send(request("POST", INFER, BODY))
            answer = raw.answer()
            assert answer.status == 200, number
            assert "connection" not in answer.headers


def test_expect_100_continue(live):
    head = request("POST", INFER, b"", f"Content-Length: {len(BODY)}", "Expect: 100-continue")
    with Raw(live) as raw:
        raw.send(head)
        assert raw.answer().status == 100
        raw.send(BODY)
        assert raw.answer().status == 200
        # Who does not wait gets no interim answer that was not asked for in time.
        raw.send(head + BODY)
        answer = raw.answer()
        assert (answer if answer.status == 200 else raw.answer()).status == 200
    with Raw(live) as raw:
        raw.send(request("POST", INFER, b"", f"Content-Length: {1 << 40}", "Expect: 100-continue"))
        assert raw.answer().status == 413
        assert raw.is_ended()
    with Raw(live) as raw:
        raw.send(request("POST", INFER, b"", f"Content-Length: {len(BODY)}", "Expect: a miracle"))
        assert_ended(raw, 417)


def test_a_body_where_none_is_expected_does_not_shift_the_next_request(live):
    with Raw(live) as raw:
        raw.send(request("GET", "/v2/health/live", BODY) + request("POST", INFER, BODY))
        assert raw.answer().status == 200
        assert json.loads(raw.answer().body)["id"] == "7"
    with Raw(live) as raw:
        raw.send(request("POST", "/nothing", BODY) + request("POST", INFER, BODY))
        assert raw.answer().status == 404
        assert json.loads(raw.answer().body)["id"] == "7"


# Packed bodies ---------------------------------------------------------------------------------------------------

PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "GZIP"])
def test_a_packed_body_is_unpacked(live, coding):
    packed = PACKERS["deflate" if coding == "deflate" else "gzip"](BODY)
    answer = exchange(live, request("POST", INFER, packed, f"Content-Encoding: {coding}"))
    assert (answer.status, json.loads(answer.body)["id"]) == (200, "7")


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "identity, gzip", "aws-chunked"])
def test_a_body_packed_in_an_unknown_way_is_refused_with_415(live, coding):
    with Raw(live) as raw:
        raw.send(request("POST", INFER, BODY, f"Content-Encoding: {coding}") + request("POST", INFER, BODY))
        answer = raw.answer()
        assert answer.status == 415
        assert answer.headers["accept-encoding"]
        assert raw.answer().status == 200


def test_a_packed_management_body_is_refused_with_415(live):
    packed = gzip.compress(b'{"model": "iris"}')
    path = "/api/v1/spaces/default/deployments/iris"
    assert exchange(live, request("PUT", path, packed, "Content-Encoding: gzip")).status == 415


@pytest.mark.parametrize("coding", PACKERS)
def test_a_packed_body_cut_off_anywhere_is_refused(live, coding):
    packed = PACKERS[coding](BODY)
    with Raw(live) as raw:
        for cut in range(1, len(packed)):
            raw.send(request("POST", INFER, packed[:cut], f"Content-Encoding: {coding}"))
            assert raw.answer().status == 400, cut
        raw.send(request("POST", INFER, packed + b"more", f"Content-Encoding: {coding}"))
        assert raw.answer().status == 400


@pytest.mark.parametrize("coding", PACKERS)
def test_damaged_packed_bodies_never_fail_the_server(live, coding):
    chance = random.Random(30)
    bodies = [PACKERS[coding](BODY), PACKERS[coding](chance.randbytes(500)), PACKERS[coding](BODY * 50)]
    with Raw(live) as raw:
        for number in range(1500):
            damaged = bytearray(bodies[number % 3])
            for _ in range(chance.randrange(1, 4)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            raw.send(request("POST", INFER, bytes(damaged), f"Content-Encoding: {coding}"))
            answer = raw.answer()
            assert answer.status in (200, 400, 413), answer
            json.loads(answer.body)


@pytest.mark.parametrize("coding", PACKERS)
def test_a_bomb_is_refused_in_bounded_memory_while_others_are_answered(live, coding):
    """A megabyte that unpacks to one gigabyte, over the limit of the endpoint; and one that stays just below it."""
    child = live.children()[-1]
    before = resident_bytes(child)
    over, below = PACKERS[coding](bytes(1 << 30), 9), PACKERS[coding](b" " * (63 << 20), 9)
    with contextlib.ExitStack() as stack:
        raws = [stack.enter_context(Raw(live, timeout=60)) for _ in range(2)]
        for raw in raws:
            raw.send(request("POST", INFER, over, f"Content-Encoding: {coding}"))
        for _ in range(5):
            assert_answers(live)
        assert {raw.answer().status for raw in raws} == {413}
    answer = exchange(live, request("POST", INFER, below, f"Content-Encoding: {coding}"), timeout=60)
    assert answer.status == 400
    assert resident_bytes(child, "VmHWM") - before < 1 << 30


def test_small_bombs_do_not_keep_a_loop_from_others(live):
    """60 KB that unpack to 60 MB: small enough to look harmless, and each worth a good part of a second."""
    packed = gzip.compress(b" " * (60 << 20), 9)
    assert len(packed) < 100_000
    with contextlib.ExitStack() as stack:
        raws = [stack.enter_context(Raw(live, timeout=120)) for _ in range(6)]
        for raw in raws:
            raw.send(request("POST", INFER, packed, "Content-Encoding: gzip"))
        assert_answers(live)
        # Others were answered before the last of these was: nobody waits for all of them.
        waiting = sum(not select.select([raw.socket], [], [], 0)[0] for raw in raws)
        assert waiting > 0, "the loops unpacked everything before they looked at anybody else"
        for raw in raws:
            assert raw.answer().status == 400


# What a caller writes into answers -------------------------------------------------------------------------------


def test_headers_of_answers_cannot_be_written_by_a_caller(live):
    for path in ["/v2/models/x%0d%0aSet-Cookie:%20a=b", "/v2/models/%0aSet-Cookie:a"]:
        assert "set-cookie" not in exchange(live, request("GET", path)).headers
    body = BODY.replace(b'"7"', rb'"7\r\nSet-Cookie: a=b"')
    answer = exchange(live, request("POST", INFER, body))
    assert "set-cookie" not in answer.headers
    assert json.loads(answer.body)["id"] == "7\r\nSet-Cookie: a=b"


# Hanging up ------------------------------------------------------------------------------------------------------


def test_callers_that_hang_up_anywhere_are_forgotten(live):
    whole = request("POST", INFER, BODY) + request("GET", "/api/v1/status")
    reset = struct.pack("ii", 1, 0)
    for cut in range(0, len(whole) + 1, 3):
        with Raw(live) as raw:
            raw.send(whole[:cut])
            if cut % 2:
                raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    wait_until(lambda: connections(live) == 0, "the end of all connections")


def connections(server):
    """Sockets that the server child still has, besides the listening one."""
    port = f"{server.port:04X}"
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return sum(1 for row in rows if row[1].endswith(":" + port) and row[3] in ("01", "08"))


def test_a_half_closed_sender_still_gets_its_answers(live):
    """But for predictions that compute apart: there the end of the sender's side is taken for its leaving."""
    with Raw(live) as raw:
        raw.send(request("GET", "/v2/models/iris") + request("GET", "/api/v1/server") + request("GET", "/v2"))
        raw.socket.shutdown(socket.SHUT_WR)
        assert [raw.answer().status for _ in range(3)] == [200, 200, 200]
        assert raw.is_ended()


def test_random_bytes_never_end_the_process(live):
    chance = random.Random(10)
    words = [b"GET ", b"POST ", b"/v2", INFER.encode(), b" HTTP/1.1", b"\r\n", b"\n", b"Host: h", b"Content-Length: ",
             b"Transfer-Encoding: chunked", b"0", b"5", b":", b" ", b"\r\n\r\n", BODY, b"\x00", b"%", b"ffffffff",
             b"Expect: 100-continue", b"Inference-Header-Content-Length: 3", b"/api/v1/status"]  # fmt: skip
    for number in range(600):
        if number % 3:
            data = b"".join(chance.choice(words) for _ in range(chance.randrange(1, 60)))
        else:
            data = chance.randbytes(chance.randrange(1, 3000))
        with Raw(live) as raw:
            raw.send_quietly(data)
            raw.socket.settimeout(0.002)
            with contextlib.suppress(OSError):
                raw.socket.recv(1 << 16)


def test_damaged_requests_never_end_the_process(live):
    chance = random.Random(11)
    whole = request("POST", INFER, BODY, "Content-Type: application/json") + chunked_request()
    for _ in range(600):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(damaged))
            damaged[at : at + chance.randrange(0, 4)] = chance.randbytes(chance.randrange(0, 4))
        with Raw(live) as raw:
            raw.send_quietly(bytes(damaged))
            raw.socket.settimeout(0.002)
            with contextlib.suppress(OSError):
                raw.socket.recv(1 << 16)


def chunked_request():
    head = f"POST {INFER} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + chunked([BODY[:20], BODY[20:]])
