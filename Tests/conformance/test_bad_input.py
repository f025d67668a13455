"""Requests that are wrong in one way each: refused with words that help, by a process that lives through all of them."""

import json
import random
import re
import struct

import pytest

from raw_http import Raw, exchange, request
from slipway_server import resident_bytes, wait_until

SUM = "/v2/models/addsub/infer"
LIMIT = 1 << 20


@pytest.fixture(scope="module")
def live(server, models):
    """A server with small models, and one endpoint whose bodies are bounded at 1 MiB."""
    for name in ["addsub", "scalar", "strings", "many_types"]:
        push(server, models / f"{name}.onnx", name)
        deploy(server, name)
    for datatype in ["bool", "int8", "int32", "int64", "uint8", "uint64", "fp16", "bf16", "fp32", "fp64", "bytes"]:
        push(server, models / f"identity_{datatype}.onnx", datatype)
        deploy(server, datatype)
    deploy(server, "addsub", "bounded", maxBodyBytes=LIMIT)
    return server


@pytest.fixture(autouse=True)
def unharmed(live):
    """After each test the same process still answers, and answers right."""
    before = live.children()
    yield
    assert live.children() == before, live.log_text()
    status, answer = live.json("POST", SUM, good())
    assert status == 200
    assert answer["outputs"][0]["data"] == [2, 4, 6, 8]


def push(server, path, name):
    status, value = server.json(
        "POST", f"/api/v1/spaces/default/models/{name}/versions", path.read_bytes(),
        {"Content-Type": "application/octet-stream"})
    assert status in (200, 201), value
    return value["version"]


def deploy(server, model, endpoint=None, **options):
    status, value = server.json(
        "PUT", f"/api/v1/spaces/default/deployments/{endpoint or model}", {"model": model, "options": options},
        {"Content-Type": "application/json"})
    assert status == 200, value


def tensor(name, **changes):
    return {"name": name, "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]} | changes


def good(**changes):
    return {"inputs": [tensor("a"), tensor("b")]} | changes


def refusal(live, body, path=SUM, headers=None):
    """The message of a 400."""
    if isinstance(body, str):
        body = body.encode()
    status, answer = live.json("POST", path, body, headers)
    assert status == 400, answer
    assert list(answer) == ["error"]
    return answer["error"]


# JSON ------------------------------------------------------------------------------------------------------------


def test_json_cut_off_at_any_byte_is_refused_with_the_place(live):
    whole = json.dumps(good(id="x", parameters={"p": [1, {"q": None}]}, outputs=[{"name": "sum"}]))
    with Raw(live) as raw:
        for cut in range(len(whole)):
            raw.send(request("POST", SUM, whole[:cut].encode(), *([] if cut else ["Content-Length: 0"])))
            answer = raw.answer()
            assert answer.status == 400, (cut, answer)
            place = re.search(r"\(at byte (\d+)\)", json.loads(answer.body)["error"])
            assert place, (cut, answer)
            assert int(place[1]) <= cut, (cut, answer)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 0),
        ("   ", 3),
        ("nul", 0),
        ("[]", 0),
        ("17", 0),
        ('"inputs"', 0),
        ("{'inputs': []}", 1),
        ('{"inputs" []}', 10),
        ('{"inputs": [}', 12),
        ('{"inputs": [],}', 14),
        ('{"inputs": [,]}', 12),
        ('{"inputs": []} x', 15),
        ('{"inputs": []}{}', 14),
        ('{"inputs": [] "id": 1}', 14),
        ('{/* why not */"inputs": []}', 1),
        ('\ufeff{"inputs": []}', 0),
        ('{"x": 01}', 7),
        ('{"x": .5}', 6),
        ('{"x": 5.}', 6),
        ('{"x": 1e}', 6),
        ('{"x": +1}', 6),
        ('{"x": 0x1}', 7),
        ('{"x": tru}', 6),
        ('{"x": TRUE}', 6),
    ],
)
def test_invalid_json_is_refused_with_the_place(live, text, place):
    message = refusal(live, text)
    assert re.search(rf"\(at byte {place}\)$", message), message


@pytest.mark.parametrize(
    "content",
    [b'"\\x41"', b'"\\u12"', b'"\\ud800"', b'"\\ud800\\u0041"', b'"\\udc00"', b'"a\nb"', b'"\0"', b'"\xff"',
     b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\xf5\x80\x80\x80"', b'"\xe2\x82"', b'"open'],
)  # fmt: skip
@pytest.mark.parametrize("where", [b'{"id": %s}', b'{"x": %s}', b'{%s: 1}'])
def test_a_string_that_is_not_one_is_refused_with_the_place(live, where, content):
    assert re.search(r"\(at byte \d+\)$", refusal(live, where % content))


def test_the_same_key_twice_is_refused(live):
    text = json.dumps(good())
    for key in ["inputs", "name", "shape", "datatype", "data"]:
        member = re.search(rf'"{key}": ("\w+"|\[[^\]]*\])', text)
        twice = text.replace(member[0], member[0] + ", " + member[0], 1) if key != "inputs" else (
            text[:-1] + ', "inputs": []}')
        assert re.search(rf"'{key}' occurs twice", refusal(live, twice))


@pytest.mark.parametrize("opening", ["[", '{"x":'])
@pytest.mark.parametrize("where", ['{"x": %s', '{"parameters": {"x": %s', '{"inputs": [{"name": "a", "x": %s'])
def test_depth_is_bounded(live, where, opening):
    assert "nested deeper than 64" in refusal(live, where % (opening * 100_000))


def test_data_nested_without_end_is_refused(live):
    body = json.dumps(good()).replace("[1, 2, 3, 4]", "[" * 200_000, 1)
    assert re.search(r"nested|expected", refusal(live, body))
    body = '{"instances": ' + "[" * 200_000
    assert re.search(r"nested|expected|dimension", refusal(live, body, "/v1/models/fp32:predict"))


# Inputs ----------------------------------------------------------------------------------------------------------


def test_a_wrong_input_name_is_refused_with_a_suggestion(live):
    assert "'features'" in refusal(live, {"inputs": [tensor("features"), tensor("b")]})
    body = {"inputs": [tensor("frst", datatype="BYTES", shape=[1], data=["x"])]}
    assert "did you mean 'first'?" in refusal(live, body, "/v2/models/strings/infer")


def test_a_missing_input_is_named(live):
    assert "also needs the input 'b'" in refusal(live, {"inputs": [tensor("a")]})
    assert "also needs the inputs 'a', 'b'" in refusal(live, {"inputs": []})
    assert "has no 'inputs'" in refusal(live, {"id": "1"})


def test_an_input_given_twice_is_refused(live):
    assert "'a' is given twice" in refusal(live, {"inputs": [tensor("a"), tensor("b"), tensor("a")]})


@pytest.mark.parametrize("member", ["name", "datatype", "shape", "data"])
def test_a_member_of_an_input_that_is_missing_is_named(live, member):
    first = tensor("a")
    del first[member]
    assert f"needs " in (message := refusal(live, {"inputs": [first, tensor("b")]})) and f"'{member}'" in message


@pytest.mark.parametrize(
    "outputs", [[{"name": "total"}], [{"name": "sum"}, {"name": "sum"}], [{}], [3], {"name": "sum"}, "sum"])
def test_wrong_outputs_are_refused(live, outputs):
    assert "output" in refusal(live, good(outputs=outputs))


# Shapes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ([4], "2 dimensions expected, got 1"),
        ([1, 4, 1], "2 dimensions expected, got 3"),
        ([], "2 dimensions expected, got 0"),
        ([1, 5], r"\[batch, 4\]"),
        ([2, 4], "calls for 8 values, got 4"),
        ([0, 4], "calls for 0 values, got 4"),
        ([-1, 4], "negative"),
        ([1.5, 4], "whole number"),
        (["1", 4], "whole number"),
        ([None, 4], "whole number"),
        ([2**40, 4], "calls for"),
        ([2**61, 4], "more elements than can be counted"),
        ([2**63 - 1, 4], "more elements than can be counted"),
        ([2**63, 4], "whole number"),
        ([2**64 + 1, 4], "whole number"),
        ([10**400, 4], "whole number"),
        ([1] * 65, "at most 64 dimensions"),
        ("[1, 4]", "a list"),
        (None, "a list"),
    ],
)
def test_a_shape_that_disagrees_or_overflows_is_refused(live, shape, words):
    message = refusal(live, {"inputs": [tensor("a", shape=shape), tensor("b")]})
    assert re.search(words, message), message
    assert "inputs[0]" in message


def test_inputs_that_disagree_about_a_shared_dimension_are_refused(live):
    message = refusal(live, {"inputs": [tensor("a"), tensor("b", shape=[2, 4], data=[0] * 8)]})
    assert "'batch' is 1 in input 'a' but 2 in input 'b'" in message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([[1, 2], [3, 4]], "nested in another way|expected|calls for"),
        ([[1, 2, 3, 4], [5, 6, 7, 8]], "got 8"),
        ([[1, 2, 3], [4]], "expected|calls for|nested"),
        ([1, 2, 3, [4]], "FP32"),
        ([[1, 2, 3, 4], 5], "expected|calls for"),
        ([], "got 0"),
        (5, "a list"),
        ({"a": 1}, "a list"),
        (None, "a list"),
    ],
)
def test_data_that_disagrees_with_the_shape_is_refused(live, data, words):
    message = refusal(live, {"inputs": [tensor("a", data=data), tensor("b")]})
    assert re.search(words, message), message
    assert "inputs[0].data" in message


# Types and numbers -----------------------------------------------------------------------------------------------


def test_a_wrong_datatype_is_refused(live):
    assert "is of type FP32, got FP64" in refusal(live, {"inputs": [tensor("a", datatype="FP64"), tensor("b")]})
    assert "'float' is no data type" in refusal(live, {"inputs": [tensor("a", datatype="float"), tensor("b")]})
    assert "datatype" in refusal(live, {"inputs": [tensor("a", datatype=32), tensor("b")]})


@pytest.mark.parametrize("element", ['"1"', "true", "null", "{}", "[]", '"NaN "', "nan", "inf"])
def test_an_element_of_the_wrong_type_is_refused(live, element):
    body = json.dumps(good()).replace("[1, 2, 3, 4]", f"[1, 2, {element}, 4]", 1)
    message = refusal(live, body)
    assert re.search(r"inputs\[0\]\.data\[2\].*FP32.*at byte \d+", message), message


@pytest.mark.parametrize(
    ("datatype", "element"),
    [
        ("fp32", "1e999"), ("fp32", "-1e999"), ("fp32", "1e39"), ("fp32", "3.4028236e38"), ("fp32", "1" * 2000),
        ("fp64", "1e999"), ("fp64", "1e309"), ("fp16", "65520"), ("fp16", "1e999"), ("bf16", "1e39"),
        ("int64", str(2**63)), ("int64", str(-(2**63) - 1)), ("int64", "1e19"), ("int64", "NaN"),
        ("int64", "Infinity"), ("int64", "1.5"), ("int64", "1e999"), ("int64", "1e-1"), ("int64", '"1"'),
        ("uint64", str(2**64)), ("uint64", "-1"), ("uint64", "1.8446744073709552e19"), ("uint64", "NaN"),
        ("int32", str(2**31)), ("int32", str(-(2**31) - 1)), ("int32", "0.5"), ("int8", "128"), ("int8", "-129"),
        ("uint8", "256"), ("uint8", "-1"), ("bool", "2"), ("bool", "-1"), ("bool", "0.5"), ("bool", "NaN"),
        ("bool", '"true"'), ("bytes", "1"), ("bytes", "null"), ("bytes", "[1]"),
    ],
)  # fmt: skip
def test_a_number_that_does_not_fit_is_refused(live, datatype, element):
    body = '{"inputs": [{"name": "input", "datatype": "%s", "shape": [1, 1], "data": [%s]}]}'
    message = refusal(live, body % (datatype.upper(), element), f"/v2/models/{datatype}/infer")
    assert datatype.upper() in message or "too long" in message
    assert re.search(r"\(at byte \d+\)$", message), message
    message = refusal(live, '{"instances": [[%s]]}' % element, f"/v1/models/{datatype}:predict")
    assert re.search(r"\(at byte \d+\)$", message), message


@pytest.mark.parametrize(
    ("datatype", "element", "value"),
    [
        ("fp32", "3.4028235e38", 3.4028235e38), ("fp32", "1e-999", 0), ("fp64", "1e-999", 0),
        ("fp64", "1.7976931348623157e308", 1.7976931348623157e308), ("fp16", "65504", 65504),
        ("int64", str(2**63 - 1), 2**63 - 1), ("int64", str(-(2**63)), -(2**63)), ("int64", "1e18", 10**18),
        ("uint64", str(2**64 - 1), 2**64 - 1), ("int8", "-128", -128), ("uint8", "255", 255), ("bool", "true", True),
    ],
)  # fmt: skip
def test_a_number_that_just_fits_is_taken(live, datatype, element, value):
    body = '{"inputs": [{"name": "input", "datatype": "%s", "shape": [1, 1], "data": [%s]}]}'
    status, answer = live.json("POST", f"/v2/models/{datatype}/infer", (body % (datatype.upper(), element)).encode())
    assert status == 200, answer
    assert answer["outputs"][0]["data"] == [value]


# Binary tensors --------------------------------------------------------------------------------------------------


def binary(header, *tensors):
    return json.dumps(header).encode() + b"".join(tensors)


FLOATS = struct.pack("<4f", 1, 2, 3, 4)


def binary_header(first=16, second=16):
    def claimed(name, size):
        return {"name": name, "datatype": "FP32", "shape": [1, 4], "parameters": {"binary_data_size": size}}

    return {"inputs": [claimed("a", first), claimed("b", second)]}


def test_a_binary_request_is_answered(live):
    header = binary_header()
    length = len(json.dumps(header))
    status, answer = live.json(
        "POST", SUM, binary(header, FLOATS, FLOATS), {"Inference-Header-Content-Length": str(length)})
    assert (status, answer["outputs"][0]["data"]) == (200, [2, 4, 6, 8])


@pytest.mark.parametrize(
    "claim", [1, 15, 20, 60, 2**31, 2**62, 2**63 - 1, 2**63, 2**64, -1, -(2**63), "abc", "", "1e3", "0x10", "1 2"])
def test_a_header_length_that_lies_is_refused(live, claim):
    body = binary(binary_header(), FLOATS, FLOATS)
    refusal(live, body, headers={"Inference-Header-Content-Length": str(claim)})


@pytest.mark.parametrize("difference", [-1, 1, 16, 32])
def test_a_header_length_that_is_a_little_wrong_is_refused(live, difference):
    header = binary_header()
    length = len(json.dumps(header)) + difference
    refusal(live, binary(header, FLOATS, FLOATS), headers={"Inference-Header-Content-Length": str(length)})


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((16, 17), "only 16 follow"), ((32, 16), "takes 16 bytes, got 32|only"), ((15, 17), "takes 16 bytes, got 15"),
        ((16, 15), "takes 16 bytes, got 15"), ((0, 16), "got 0"), ((2**62, 16), "only 32 follow"),
        ((2**63 - 1, 2**63 - 1), "only 32 follow"), ((2**63, 16), "whole number"), ((2**64 + 16, 16), "whole number"),
        ((-16, 16), "negative"), ((16.5, 16), "whole number"), (("16", 16), "whole number"),
    ],
)  # fmt: skip
def test_binary_sizes_that_lie_are_refused(live, sizes, words):
    header = binary_header(*sizes)
    length = len(json.dumps(header))
    message = refusal(
        live, binary(header, FLOATS, FLOATS), headers={"Inference-Header-Content-Length": str(length)})
    assert re.search(words, message), message


def test_bytes_that_nobody_claims_are_refused(live):
    header = binary_header()
    length = len(json.dumps(header))
    message = refusal(
        live, binary(header, FLOATS, FLOATS, b"more"), headers={"Inference-Header-Content-Length": str(length)})
    assert "4 bytes follow" in message


def test_a_binary_size_without_the_header_is_refused(live):
    refusal(live, binary_header())
    refusal(live, binary(binary_header(), FLOATS, FLOATS))


@pytest.mark.parametrize(
    "raw", [b"", b"\1", b"\1\0\0\0", b"\xff\xff\xff\xffx", b"\2\0\0\0x", b"\1\0\0\0xy", b"\0\0\0\x80" + b"x" * 20])
def test_lengths_of_binary_strings_that_lie_are_refused(live, raw):
    header = {"inputs": [{"name": "input", "datatype": "BYTES", "shape": [1, 1],
                          "parameters": {"binary_data_size": len(raw)}}]}  # fmt: skip
    length = len(json.dumps(header))
    message = refusal(
        live, binary(header, raw), "/v2/models/bytes/infer", {"Inference-Header-Content-Length": str(length)})
    assert "BYTES" in message


def test_a_bool_that_is_neither_0_nor_1_is_refused(live):
    header = {"inputs": [{"name": "input", "datatype": "BOOL", "shape": [1, 2],
                          "parameters": {"binary_data_size": 2}}]}  # fmt: skip
    length = len(json.dumps(header))
    message = refusal(
        live, binary(header, b"\1\2"), "/v2/models/bool/infer", {"Inference-Header-Content-Length": str(length)})
    assert "element 1 is 2" in message


def test_a_raw_request_of_odd_length_is_refused(live):
    refusal(live, b"\0\0\0", "/v2/models/fp32/infer", {"Inference-Header-Content-Length": "0"})
    refusal(live, b"\0" * 16, SUM, {"Inference-Header-Content-Length": "0"})


# TensorFlow Serving ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"instances": ', "at byte 14"),
        ("{}", "neither 'instances' nor 'inputs'"),
        ('{"instances": [], "inputs": {}}', "not both|empty"),
        ('{"instances": []}', "empty"),
        ('{"instances": 5}', "a list|several inputs"),
        ('{"instances": [{"a": [1, 2, 3, 4]}]}', "lacks the input 'b'"),
        ('{"instances": [{"a": [1, 2, 3, 4], "c": [1]}]}', "no input 'c'"),
        ('{"instances": [{"a": [1, 2, 3, 4], "a": [1, 2, 3, 4]}]}', "given twice"),
        ('{"instances": [{"a": [1, 2, 3], "b": [1, 2, 3, 4]}]}', "."),
        ('{"instances": [{"a": [1, 2, 3, 4], "b": [1, 2, 3, 4]}, {"a": [1, 2, 3], "b": [1, 2, 3, 4]}]}', "."),
        ('{"instances": [{"a": [[1, 2], [3, 4]], "b": [1, 2, 3, 4]}]}', "."),
        ('{"inputs": {"a": [[1, 2, 3, 4]]}}', "also needs the input 'b'"),
        ('{"inputs": {"a": [[1, 2, 3, 4]], "b": [[1, 2, 3, 4], [1, 2, 3, 4]]}}', "'batch'"),
        ('{"inputs": {"a": [[1, 2, 3, 4], [1]], "b": [[1, 2, 3, 4]]}}', "."),
        ('{"signature_name": "other", "inputs": {}}', "no signature 'other'"),
    ],
)
def test_a_wrong_tensorflow_request_is_refused(live, body, words):
    message = refusal(live, body, "/v1/models/addsub:predict")
    assert re.search(words, message), message


@pytest.mark.parametrize("text", ['"a"', '"YQ="', '"YQ==="', '"Y Q=="', '"!!!!"', "5", "null"])
def test_base64_that_is_none_is_refused(live, text):
    refusal(live, '{"instances": [[{"b64": %s}]]}' % text, "/v1/models/bytes:predict")


# Bodies and paths ------------------------------------------------------------------------------------------------


def test_an_announced_body_over_the_limit_is_refused_before_it_is_read(live):
    for length in [LIMIT + 1, 10 << 30, 2**63 - 1]:
        head = f"POST /v2/models/bounded/infer HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n"
        answer = exchange(live, head.encode())
        assert answer.status == 413
        assert str(LIMIT) in json.loads(answer.body)["error"]
        assert answer.headers["connection"] == "close"


def test_a_body_at_the_limit_is_taken(live):
    text = json.dumps(good()).encode()
    with Raw(live) as raw:
        raw.send(request("POST", "/v2/models/bounded/infer", text.ljust(LIMIT)))
        assert raw.answer().status == 200


def test_a_chunked_body_over_the_limit_is_refused_in_bounded_memory(live):
    child = live.children()[-1]
    before = resident_bytes(child)
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with Raw(live) as raw:
        raw.send(b"POST /v2/models/bounded/infer HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        # 256 MiB. After its answer the server throws away what still comes, for a moment, and hangs up.
        sent = 0
        while sent < 4096 and raw.send_quietly(piece):
            sent += 1
        assert resident_bytes(child, "VmHWM") - before < 32 << 20
        if sent == 4096:
            assert raw.answer().status == 413
            assert raw.is_ended()


def test_a_chunked_body_is_refused_with_its_answer_when_the_sender_stops_in_time(live):
    body = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    answer = exchange(
        live,
        b"POST /v2/models/bounded/infer HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body * 17)
    assert answer.status == 413
    assert str(LIMIT) in json.loads(answer.body)["error"]


def test_lengths_alone_cost_no_memory(live):
    """Two hundred requests each announce 60 MiB and send none of it."""
    child = live.children()[-1]
    before = resident_bytes(child)
    connections = [Raw(live) for _ in range(200)]
    try:
        for raw in connections:
            raw.send(f"POST {SUM} HTTP/1.1\r\nHost: h\r\nContent-Length: {60 << 20}\r\n\r\n{{".encode())
        assert live.json("POST", SUM, good())[0] == 200
        assert resident_bytes(child) - before < 64 << 20
    finally:
        for raw in connections:
            raw.socket.close()


def test_predictions_and_management_in_one_flight_are_answered_in_order(live):
    def predict(number):
        return request("POST", SUM, json.dumps(good(id=str(number))).encode())

    flight = [
        predict(0), request("GET", "/api/v1/spaces/default/models/addsub/versions/1"), predict(1),
        request("GET", "/v2/health/ready"), request("GET", "/api/v1/spaces/default/models/nothing"), predict(2),
        request("GET", "/api/v1/status"), request("POST", SUM, b"{"), predict(3), request("GET", "/nothing"),
        predict(4),
    ]  # fmt: skip
    with Raw(live) as raw:
        for _ in range(20):
            raw.send(b"".join(flight))
            answers = [raw.answer() for _ in flight]
            assert [a.status for a in answers] == [200, 200, 200, 200, 404, 200, 200, 400, 200, 404, 200]
            bodies = [json.loads(a.body) for a in answers]
            assert [bodies[n].get("id") for n in [0, 2, 5, 8, 10]] == ["0", "1", "2", "3", "4"]
            assert bodies[1]["model"] == "addsub"
            assert bodies[4]["code"] == "not_found"
            assert bodies[6]["server"]["name"] == "slipway"
            assert len({a.headers["slipway-prediction-id"] for a in answers}) == len(answers)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/models/nobody/infer"), ("GET", "/v2/models/nobody"), ("GET", "/v2/models/nobody/ready"),
        ("GET", "/v2/models/nobody/config"), ("GET", "/v2/models/nobody/stats"),
        ("POST", "/v2/repository/models/nobody/load"), ("POST", "/v2/models/addsub/versions/99/infer"),
        ("POST", "/spaces/elsewhere/v2/models/addsub/infer"), ("POST", "/v1/models/nobody:predict"),
        ("GET", "/v1/models/nobody"), ("GET", "/v1/models/nobody/metadata"),
        ("POST", "/v1/models/addsub/versions/99:predict"), ("GET", "/api/v1/spaces/default/models/nobody"),
        ("GET", "/api/v1/spaces/default/models/addsub/versions/99"), ("GET", "/api/v1/spaces/elsewhere/models"),
        ("DELETE", "/api/v1/spaces/default/deployments/nobody"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_answered_with_404_and_its_name(live, method, path):
    status, answer = live.json(method, path, good() if method == "POST" else None)
    assert status == 404, answer
    assert re.search("nobody|99|elsewhere", answer["error"]), answer


# Management ------------------------------------------------------------------------------------------------------


DEPLOY = "/api/v1/spaces/default/deployments/other"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", None), ("{", None), ("[]", None), ("{}", "model"), ('{"model": 3}', "model"), ('{"model": null}', "model"),
        ('{"model": "addsub", "version": "1"}', "version"), ('{"model": "addsub", "version": 1.5}', None),
        ('{"model": "addsub", "version": 1e400}', None), ('{"model": "../addsub"}', "model"),
        ('{"model": "addsub", "version": 9223372036854775808}', None),
        ('{"model": "addsub", "options": {"deadlineMilliseconds": 0}}', "deadlineMilliseconds"),
        ('{"model": "addsub", "options": {"deadlineMilliseconds": -5}}', "deadlineMilliseconds"),
        ('{"model": "addsub", "options": {"intraOpThreads": 100000}}', "intraOpThreads"),
        ('{"model": "addsub", "options": {"maxBodyBytes": -1}}', "maxBodyBytes"),
        ('{"model": "addsub", "options": {"maxBodyBytes": 9223372036854775807}}', "maxBodyBytes"),
        ('{"model": "addsub", "options": []}', "options"),
        ('{"model": ' + "[" * 100_000, None),
    ],
)
def test_a_wrong_deploy_is_refused_with_the_field(live, body, field):
    status, answer = live.json("PUT", DEPLOY, body.encode(), {"Content-Type": "application/json"})
    assert (status, answer["code"]) == (400, "invalid"), answer
    if field:
        assert field in answer["field"], answer
    elif "1.5" not in body and "9223372036854775808" not in body and "e400" not in body and body not in ("", "[]"):
        assert re.search(r"\(at byte \d+\)", answer["error"]), answer
    assert live.json("GET", DEPLOY)[0] == 404


@pytest.mark.parametrize("version", ["1.5", "9223372036854775808", "-1e300"])
def test_a_number_that_does_not_fit_a_document_is_called_one(live, version):
    body = b'{"model": "addsub", "version": %s}' % version.encode()
    status, answer = live.json("PUT", DEPLOY, body, {"Content-Type": "application/json"})
    assert status == 400
    assert "number" in answer["error"]
    assert "not JSON" not in answer["error"]


def test_a_document_cut_off_at_any_byte_is_refused_with_the_place(live):
    whole = b'{"model": "addsub", "version": 1, "options": {"intraOpThreads": 1}, "reason": "why \\u00e4"}'
    with Raw(live) as raw:
        for cut in range(1, len(whole)):
            raw.send(request("PUT", DEPLOY, whole[:cut]))
            answer = raw.answer()
            assert answer.status == 400, (cut, answer)
            place = re.search(r"\(at byte (\d+)\)", json.loads(answer.body)["error"])
            assert place and int(place[1]) <= cut, (cut, answer)


@pytest.mark.parametrize("number", [0, -1])
def test_a_version_number_that_cannot_be_is_not_found(live, number):
    body = {"model": "addsub", "version": number}
    status, answer = live.json("PUT", DEPLOY, body, {"Content-Type": "application/json"})
    assert status in (400, 404), answer
    assert live.json("GET", DEPLOY)[0] == 404


VERSIONS = "/api/v1/spaces/default/models/fresh/versions"
DIGEST = "ab" * 32


@pytest.mark.parametrize(
    "files",
    [
        [], None, "x", [{}], [{"path": "model.onnx", "sha256": "abc", "size": 1}],
        [{"path": "model.onnx", "sha256": DIGEST.upper(), "size": 1}],
        [{"path": "model.onnx", "sha256": DIGEST, "size": -1}],
        [{"path": "model.onnx", "sha256": DIGEST, "size": 2**63}],
        [{"path": "model.onnx", "sha256": DIGEST, "size": 1.5}],
        [{"path": "a.onnx", "sha256": DIGEST, "size": 2**63 - 1}, {"path": "b", "sha256": DIGEST, "size": 2**63 - 1}],
        [{"path": "model.onnx", "sha256": DIGEST, "size": 1}, {"path": "model.onnx", "sha256": DIGEST, "size": 1}],
        [{"path": "model.onnx", "sha256": DIGEST, "size": 1}, {"path": "model.onnx/x", "sha256": DIGEST, "size": 1}],
        *[[{"path": path, "sha256": DIGEST, "size": 1}]
          for path in ["", "/model.onnx", "../model.onnx", "a/../model.onnx", "./model.onnx", "a//model.onnx",
                       "a\\model.onnx", "model.onnx\0", "\n/model.onnx", "x" * 300 + ".onnx", "a/" * 600 + "m.onnx"]],
        [{"path": f"{n}.onnx", "sha256": DIGEST, "size": 1} for n in range(5000)],
    ],
)  # fmt: skip
def test_a_wrong_manifest_is_refused(live, files):
    status, answer = live.json("POST", VERSIONS, {"files": files}, {"Content-Type": "application/json"})
    assert (status, answer["code"]) == (400, "invalid"), answer
    assert live.json("GET", "/api/v1/spaces/default/models/fresh")[0] == 404


def test_files_that_were_never_sent_are_named(live):
    body = {"files": [{"path": "model.onnx", "sha256": DIGEST, "size": 1}]}
    status, answer = live.json("POST", VERSIONS, body, {"Content-Type": "application/json"})
    assert status in (400, 404, 409, 422), answer
    assert "model.onnx" in answer["error"] or DIGEST in answer["error"]
    assert live.json("GET", "/api/v1/spaces/default/models/fresh")[0] == 404


def test_bytes_that_are_not_what_their_digest_says_are_refused(live):
    path = f"/api/v1/spaces/default/blobs/{DIGEST}"
    status, answer = live.json("PUT", path, b"something else")
    assert (status, answer["code"]) == (422, "digest_mismatch"), answer
    assert DIGEST in answer["error"]
    assert live.request("HEAD", path)[0] == 404


def test_an_upload_that_is_cut_off_leaves_nothing(live):
    path = f"/api/v1/spaces/default/blobs/{DIGEST}"
    with Raw(live) as raw:
        raw.send(f"PUT {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n".encode() + b"x" * 5000)
    with Raw(live) as raw:
        raw.send(f"PUT {path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n".encode())
    assert live.request("HEAD", path)[0] == 404
    wait_until(lambda: not list((live.data / "tmp").iterdir()))


@pytest.mark.parametrize("digest", ["x", "..", "AB" * 32, "ab" * 33, "%2e%2e%2f" * 3, "g" * 64])
def test_a_blob_under_a_name_that_is_no_digest_is_refused(live, digest):
    status, _, _ = live.request("PUT", f"/api/v1/spaces/default/blobs/{digest}", b"x")
    assert status in (400, 404)


@pytest.mark.parametrize("key", ["", "x" * 10_000, "\x01"])
def test_a_wrong_idempotency_key_is_refused_or_ignored(live, key):
    head = f"PUT {DEPLOY} HTTP/1.1\r\nHost: h\r\nIdempotency-Key: {key}\r\nContent-Length: 2\r\n\r\n{{}}"
    assert exchange(live, head.encode("latin-1")).status == 400


def test_a_key_that_was_used_for_something_else_is_a_conflict(live):
    headers = {"Content-Type": "application/json", "Idempotency-Key": "one-key"}
    first = live.json("PUT", "/api/v1/spaces/default/deployments/addsub", {"model": "addsub"}, headers)
    assert first[0] == 200, first
    status, answer = live.json("PUT", DEPLOY, {"model": "addsub"}, headers)
    assert (status, answer["code"]) == (409, "conflict"), answer


def test_an_endpoint_keeps_its_model(live):
    status, answer = live.json(
        "PUT", "/api/v1/spaces/default/deployments/addsub", {"model": "scalar"}, {"Content-Type": "application/json"})
    assert (status, answer["code"]) == (409, "conflict"), answer


# Damage at random ------------------------------------------------------------------------------------------------


def test_damaged_bodies_never_fail_the_server(live):
    """Bytes of good requests are changed, removed and repeated: each is answered or refused, none is our failure."""
    chance = random.Random(20)
    binary_body = binary(binary_header(), FLOATS, FLOATS)
    length = len(json.dumps(binary_header()))
    whole = [
        (SUM, json.dumps(good()).encode(), []),
        (SUM, binary_body, [f"Inference-Header-Content-Length: {length}"]),
        ("/v1/models/addsub:predict", b'{"instances": [{"a": [1, 2, 3, 4], "b": [1, 2, 3, 4]}]}', []),
        ("/v2/models/strings/infer", b'{"inputs": [{"name": "first", "datatype": "BYTES", "shape": [1], "data": '
         b'["\\u00e4x"]}, {"name": "last", "datatype": "BYTES", "shape": [1], "data": ["b"]}, {"name": "scores", '
         b'"datatype": "FP32", "shape": [1, 3], "data": [[0.5, 1e-3, -2]]}]}', []),
    ]  # fmt: skip
    with Raw(live) as raw:
        for path, body, headers in whole:
            raw.send(request("POST", path, body, *headers))
            assert raw.answer().status == 200
        for number in range(3000):
            path, body, headers = whole[number % len(whole)]
            damaged = bytearray(body)
            for _ in range(chance.randrange(1, 4)):
                at = chance.randrange(len(damaged))
                match chance.randrange(4):
                    case 0: damaged[at] = chance.randrange(256)
                    case 1: damaged[at] = chance.choice(b'{}[]",:0123456789-eE.\\nulltruefalse')
                    case 2: del damaged[at : at + chance.randrange(1, 9)]
                    case 3: damaged[at:at] = damaged[at : at + chance.randrange(1, 40)]
                if not damaged:
                    damaged = bytearray(b" ")
            raw.send(request("POST", path, bytes(damaged), *headers))
            answer = raw.answer()
            assert answer.status in (200, 400), (bytes(damaged), answer)
            json.loads(answer.body)
