"""Predictions by the Open Inference Protocol v2 over HTTP, in detail: ids, parameters, requested outputs, classification,
the binary extension, types and their limits, and what is refused."""

import json
import struct

import numpy
import pytest

from tensors import DATATYPES
from wire import HEADER, assert_answers, binary_request, json_inputs, read_answer

A = {"name": "a", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]}
B = {"name": "b", "datatype": "FP32", "shape": [1, 4], "data": [4, 3, 2, 1]}
SUM, DIFF = [5, 5, 5, 5], [-3, -1, 1, 3]


@pytest.fixture
def addsub(zoo):
    return zoo.endpoint("addsub")


def post(zoo, endpoint, body, headers=None, version=None, prefix=""):
    if isinstance(body, dict):
        body = json.dumps(body).encode()
    return zoo.server.request("POST", prefix + zoo.path(endpoint, "/infer", version), body, headers)


def ask(zoo, endpoint, request, **options):
    status, fields, body = post(zoo, endpoint, request, **options)
    assert status == 200, body
    return read_answer(fields, body)


def data(answer):
    return {output["name"]: output["data"] for output in answer["outputs"]}


@pytest.mark.parametrize("prefix", ["", "/spaces/default"])
@pytest.mark.parametrize("version", [None, 1])
def test_with_and_without_version_and_space(zoo, addsub, prefix, version):
    answer = ask(zoo, addsub, {"inputs": [A, B]}, version=version, prefix=prefix)
    assert (answer["model_name"], answer["model_version"]) == ("addsub", "1")
    assert data(answer) == {"sum": SUM, "diff": DIFF}
    assert "id" not in answer


@pytest.mark.parametrize("given", ["7", "", 'quote " and \\ and \u0001', "häß 日本 🛶", "x" * 5000])
def test_the_id_is_echoed(zoo, addsub, given):
    assert ask(zoo, addsub, {"id": given, "inputs": [A, B]})["id"] == given


def test_a_null_id_is_none(zoo, addsub):
    assert "id" not in ask(zoo, addsub, {"id": None, "inputs": [A, B]})


@pytest.mark.parametrize("parameters", [
    {}, None, {"sequence_id": 1, "sequence_start": True, "priority": 3, "timeout": 1000},
    {"anything": {"nested": [1, {"two": None}]}, "text": "häß"},
])
def test_parameters_that_mean_nothing_here_are_taken(zoo, addsub, parameters):
    inputs = [A | {"parameters": parameters}, B]
    outputs = [{"name": "diff", "parameters": parameters}]
    answer = ask(zoo, addsub, {"parameters": parameters, "inputs": inputs, "outputs": outputs, "unknown": [[1]]})
    assert data(answer) == {"diff": DIFF}


@pytest.mark.parametrize("wanted", [["sum"], ["diff"], ["sum", "diff"], ["diff", "sum"]])
def test_requested_outputs_come_in_the_order_asked_for(zoo, addsub, wanted):
    answer = ask(zoo, addsub, {"inputs": [A, B], "outputs": [{"name": name} for name in wanted]})
    assert [output["name"] for output in answer["outputs"]] == wanted
    assert data(answer) == {name: {"sum": SUM, "diff": DIFF}[name] for name in wanted}


def test_an_empty_list_of_outputs_asks_for_all(zoo, addsub):
    assert data(ask(zoo, addsub, {"inputs": [A, B], "outputs": []})) == {"sum": SUM, "diff": DIFF}


def test_one_output_binary_and_the_other_json(zoo, addsub):
    request = {"inputs": [A, B], "outputs": [{"name": "sum"}, {"name": "diff", "parameters": {"binary_data": True}}]}
    answer = ask(zoo, addsub, request)
    assert answer["outputs"][0]["data"] == SUM
    assert answer["outputs"][1]["parameters"] == {"binary_data_size": 16}
    assert answer["outputs"][1]["array"].tolist() == [DIFF]


def test_binary_by_default_and_json_where_asked(zoo, addsub):
    request = {
        "inputs": [A, B], "parameters": {"binary_data_output": True},
        "outputs": [{"name": "sum"}, {"name": "diff", "parameters": {"binary_data": False}}],
    }
    status, fields, body = post(zoo, addsub, request)
    assert status == 200
    assert fields["content-type"] == "application/octet-stream"
    answer = read_answer(fields, body)
    assert answer["outputs"][0]["array"].tolist() == [SUM]
    assert answer["outputs"][1]["data"] == DIFF


def test_scalars_with_and_without_a_list(zoo):
    endpoint = zoo.endpoint("scalar")
    for x, n in [([1.25], [41]), (1.25, 41)]:
        answer = ask(zoo, endpoint, {"inputs": [
            {"name": "x", "datatype": "FP32", "shape": [], "data": x},
            {"name": "n", "datatype": "INT64", "shape": [], "data": n}]})
        assert data(answer) == {"doubled": [2.5], "next": [42]}
        assert [output["shape"] for output in answer["outputs"]] == [[], []]


def test_no_rows(zoo, addsub):
    none = [tensor | {"shape": [0, 4], "data": []} for tensor in [A, B]]
    answer = ask(zoo, addsub, {"inputs": none})
    assert [(output["shape"], output["data"]) for output in answer["outputs"]] == [([0, 4], []), ([0, 4], [])]
    sizes = [tensor | {"parameters": {"binary_data_size": 0}} for tensor in none]
    text = json.dumps({"inputs": [{k: v for k, v in tensor.items() if k != "data"} for tensor in sizes],
                       "parameters": {"binary_data_output": True}}).encode()
    answer = ask(zoo, addsub, text, headers={HEADER: str(len(text))})
    assert [output["array"].shape for output in answer["outputs"]] == [(0, 4), (0, 4)]


def test_keys_in_any_order_and_blanks_anywhere(zoo, addsub):
    text = ('\r\n\t { "outputs" : null , "inputs":[ {"data":[1,\n2, 3 ,4.0e0],"parameters":{}, "shape" : [ 1 , 4 ],'
            '"datatype":"FP32","name":"\\u0061"} ,' + json.dumps(B) + '] , "id":"late" }\n ')
    answer = ask(zoo, addsub, text.encode())
    assert answer["id"] == "late" and data(answer) == {"sum": SUM, "diff": DIFF}


@pytest.mark.parametrize("content_type", [None, "application/json", "application/json; charset=utf-8", "text/plain",
                                          "application/x-www-form-urlencoded"])
def test_the_content_type_is_not_held_against_anybody(zoo, addsub, content_type):
    headers = {"Content-Type": content_type} if content_type else None
    assert data(ask(zoo, addsub, {"inputs": [A, B]}, headers=headers)) == {"sum": SUM, "diff": DIFF}


def test_a_chunked_body(zoo, addsub):
    text = json.dumps({"inputs": [A, B]}).encode()
    pieces = [text[at:at + 7] for at in range(0, len(text), 7)]
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    connection = zoo.server.connect()
    connection.sendall(b"POST /v2/models/addsub/infer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                       b"Connection: close\r\n\r\n" + chunked)
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    connection.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), answer
    assert data(json.loads(body)) == {"sum": SUM, "diff": DIFF}


# Types and their limits


EDGES = {
    "INT8": (-2**7, 2**7 - 1), "INT16": (-2**15, 2**15 - 1), "INT32": (-2**31, 2**31 - 1), "INT64": (-2**63, 2**63 - 1),
    "UINT8": (0, 2**8 - 1), "UINT16": (0, 2**16 - 1), "UINT32": (0, 2**32 - 1), "UINT64": (0, 2**64 - 1),
}


def identity(zoo, datatype, values, text=None):
    endpoint = zoo.endpoint(f"identity_{datatype.lower()}")
    given = text or json.dumps(values)
    body = '{"inputs":[{"name":"input","datatype":"%s","shape":[1,%d],"data":%s}]}' % (datatype, len(values), given)
    return post(zoo, endpoint, body.encode())


@pytest.mark.parametrize("datatype", EDGES)
def test_whole_numbers_at_their_limits(zoo, datatype):
    low, high = EDGES[datatype]
    status, fields, body = identity(zoo, datatype, [low, high])
    assert (status, read_answer(fields, body)["outputs"][0]["data"]) == (200, [low, high])
    for beyond in [low - 1, high + 1]:
        status, _, body = identity(zoo, datatype, [beyond])
        assert status == 400, body
        assert datatype in json.loads(body)["error"]


@pytest.mark.parametrize("datatype", EDGES)
@pytest.mark.parametrize("text", ["1.5", "true", '"1"', "null", "NaN", "1e400", "01", "-", "0x1", "[[1]]", "{}"])
def test_what_is_no_whole_number(zoo, datatype, text):
    status, _, body = identity(zoo, datatype, [0], f"[{text}]")
    assert status == 400, body
    assert "data" in json.loads(body)["error"]


@pytest.mark.parametrize("datatype", ["FP16", "FP32", "FP64", "BF16"])
@pytest.mark.parametrize("text", ["true", '"1"', "null", "1e999", "-1e999", "01", ".5", "5.", "1e", "+1", "--1"])
def test_what_is_no_number(zoo, datatype, text):
    status, _, body = identity(zoo, datatype, [0], f"[{text}]")
    assert status == 400, body
    assert "data" in json.loads(body)["error"]


def test_bools_may_be_zero_and_one(zoo):
    status, fields, body = identity(zoo, "BOOL", [0] * 4, "[true, false, 1, 0]")
    assert (status, read_answer(fields, body)["outputs"][0]["data"]) == (200, [True, False, True, False])


@pytest.mark.parametrize("text", ["2", "-1", "1.5", '"true"', "null", "True"])
def test_what_is_no_bool(zoo, text):
    status, _, body = identity(zoo, "BOOL", [0], f"[{text}]")
    assert status == 400, body


@pytest.mark.parametrize("text,value", [
    ("0.1", 0.1), ("1e-7", 1e-7), ("123456789", 123456789), ("3.4028234e38", 3.4028234e38), ("1E+2", 100.0),
    ("0." + "3" * 400, 1 / 3), ("1" + "0" * 30, 1e30), ("1e-400", 0.0), ("2.2250738585072011e-308", 2.225073858507201e-308),
])
def test_decimals_are_read_correctly(zoo, text, value):
    for datatype in ["FP32", "FP64"]:
        status, fields, body = identity(zoo, datatype, [0], f"[{text}]")
        assert status == 200, body
        dtype = DATATYPES[datatype][1]
        assert read_answer(fields, body)["outputs"][0]["array"].tolist() == [[dtype.type(value)]]


def test_ten_thousand_random_numbers_come_back_bit_for_bit(zoo):
    random = numpy.random.default_rng(5)
    for datatype, bits in [("FP32", "<u4"), ("FP64", "<u8"), ("FP16", "<u2")]:
        dtype = DATATYPES[datatype][1]
        values = random.integers(0, 2 ** (8 * dtype.itemsize), 10_000, bits, endpoint=False).view(dtype)
        values = values[numpy.isfinite(values)]
        status, fields, body = identity(zoo, datatype, [float(value) for value in values])
        assert status == 200
        got = read_answer(fields, body)["outputs"][0]["array"][0]
        numpy.testing.assert_array_equal(got.view(bits), values.view(bits))


@pytest.mark.parametrize("text", ["", "plain", "häß 日本 🛶", 'a"b\\c/d', "\0\1\x1f\x7f\u2028", "x" * 100_000])
def test_strings_come_back_as_they_went(zoo, text):
    for ascii in [True, False]:
        status, fields, body = identity(zoo, "BYTES", [text], json.dumps([text], ensure_ascii=ascii))
        assert (status, read_answer(fields, body)["outputs"][0]["data"]) == (200, [text])


def test_bytes_that_are_no_text_come_back_in_binary_only(zoo):
    endpoint = zoo.endpoint("identity_bytes")
    element = bytes(range(256))
    raw = struct.pack("<I", len(element)) + element
    for wanted in [True, False]:
        head = json.dumps({
            "inputs": [{"name": "input", "datatype": "BYTES", "shape": [1, 1],
                        "parameters": {"binary_data_size": len(raw)}}],
            "parameters": {"binary_data_output": wanted}}).encode()
        status, fields, body = post(zoo, endpoint, head + raw, {HEADER: str(len(head))})
        if wanted:
            assert status == 200 and body.endswith(raw)
        else:
            assert status == 400 and "UTF-8" in json.loads(body)["error"]


# Classification


@pytest.mark.parametrize("binary", [False, True])
def test_classification_gives_the_best_classes_by_name(zoo, binary):
    endpoint = zoo.endpoint("classifier")
    request = {
        "inputs": json_inputs(zoo.case("classifier")["inputs"]),
        "outputs": [{"name": "scores", "parameters": {"classification": 3, "binary_data": binary}}],
    }
    answer = ask(zoo, endpoint, request)
    (output,) = answer["outputs"]
    assert (output["datatype"], output["shape"]) == ("BYTES", [2, 3])
    parts = [[text.split(":") for text in row] for row in output["array"].tolist()]
    assert [[part[1] for part in row] for row in parts] == [["9", "8", "7"], ["0", "4", "8"]]
    assert [[part[2] for part in row] for row in parts] == [["nine", "eight", "seven"], ["zero", "four", "eight"]]
    for row, wanted in zip(parts, numpy.array(zoo.case("classifier")["outputs"][0]["data"]).reshape(2, 10)):
        numpy.testing.assert_allclose([float(part[0]) for part in row], sorted(wanted)[::-1][:3], rtol=1e-5)


def test_classification_of_more_classes_than_there_are_gives_all(zoo):
    endpoint = zoo.endpoint("classifier")
    request = {"inputs": json_inputs(zoo.case("classifier")["inputs"]),
               "outputs": [{"name": "scores", "parameters": {"classification": 1000}}]}
    assert ask(zoo, endpoint, request)["outputs"][0]["shape"] == [2, 10]


def test_classification_without_names_gives_indices(zoo):
    endpoint = zoo.endpoint("mlp_64_256_256_10")
    case = zoo.case("mlp_64_256_256_10")
    request = {"inputs": json_inputs(case["inputs"]),
               "outputs": [{"name": "scores", "parameters": {"classification": 1}}]}
    (text,) = ask(zoo, endpoint, request)["outputs"][0]["data"]
    score, index = text.split(":")
    assert int(index) == int(numpy.argmax(case["outputs"][0]["data"]))
    assert float(score) == pytest.approx(max(case["outputs"][0]["data"]), rel=1e-4)


# The binary extension


def test_a_raw_binary_request_without_json(zoo):
    endpoint = zoo.endpoint("classifier")
    case, tolerance = zoo.case("classifier"), zoo.cases("classifier")[1]
    raw = numpy.array(case["inputs"][0]["data"], "<f4").tobytes()
    answer = ask(zoo, endpoint, raw, headers={HEADER: "0", "Content-Type": "application/octet-stream"})
    assert_answers(answer, case, tolerance)
    answer = ask(zoo, zoo.endpoint("identity_fp32"), raw, headers={HEADER: "0"})
    assert answer["outputs"][0]["shape"] == [1, 20]


def damaged():
    raw = numpy.array([1, 2, 3, 4], "<f4").tobytes()
    good = [{k: v for k, v in tensor.items() if k != "data"} | {"parameters": {"binary_data_size": 16}}
            for tensor in [A, B]]

    def request(inputs, tail, length=None):
        head = json.dumps({"inputs": inputs}).encode()
        return head + tail, str(len(head) if length is None else length)

    yield "a size too large", *request([good[0] | {"parameters": {"binary_data_size": 999}}, good[1]], raw + raw)
    yield "a size too small", *request([good[0] | {"parameters": {"binary_data_size": 12}}, good[1]], raw + raw)
    yield "bytes missing", *request(good, raw)
    yield "bytes left over", *request(good, raw + raw + b"x")
    yield "a negative size", *request([good[0] | {"parameters": {"binary_data_size": -16}}, good[1]], raw + raw)
    yield "a size of 2^63", *request([good[0] | {"parameters": {"binary_data_size": 2**63}}, good[1]], raw + raw)
    yield "a length beyond the body", *request(good, raw + raw, length=100_000)
    yield "a length that cuts the JSON", *request(good, raw + raw, length=10)
    yield "a length that is no number", *request(good, raw + raw, length="ten")
    yield "a negative length", *request(good, raw + raw, length=-1)
    yield "a length of 2^64", *request(good, raw + raw, length=2**64)
    yield "data and binary", *request([A | {"parameters": {"binary_data_size": 16}}, good[1]], raw + raw)
    yield "no header", *request(good, raw + raw, length="")


@pytest.mark.parametrize("title,body,length", [pytest.param(*case, id=case[0]) for case in damaged()])
def test_binary_requests_that_lie_are_refused(zoo, addsub, title, body, length):
    status, _, answer = post(zoo, addsub, body, {HEADER: length} if length else {})
    assert status == 400, answer
    assert json.loads(answer)["error"]
    assert data(ask(zoo, addsub, {"inputs": [A, B]})) == {"sum": SUM, "diff": DIFF}


@pytest.mark.parametrize("raw", [b"\x05\0\0\0abc", b"\x01\0\0", b"\xff\xff\xff\xff", b"\x01\0\0\0a\x01\0\0\0b", b""])
def test_lengths_of_strings_that_lie_are_refused(zoo, raw):
    head = json.dumps({"inputs": [{"name": "input", "datatype": "BYTES", "shape": [1, 1],
                                   "parameters": {"binary_data_size": len(raw)}}]}).encode()
    status, _, answer = post(zoo, zoo.endpoint("identity_bytes"), head + raw, {HEADER: str(len(head))})
    assert status == 400, answer


def test_a_binary_bool_is_a_byte_of_zero_or_one(zoo):
    head = json.dumps({"inputs": [{"name": "input", "datatype": "BOOL", "shape": [1, 2],
                                   "parameters": {"binary_data_size": 2}}]}).encode()
    status, _, answer = post(zoo, zoo.endpoint("identity_bool"), head + b"\1\2", {HEADER: str(len(head))})
    assert status == 400 and "element 1" in json.loads(answer)["error"]


# What is refused


def refused():
    def request(**changes):
        return {"inputs": [A | changes, B]}

    yield "no inputs", {}, "inputs"
    yield "an empty list", {"inputs": []}, "a"
    yield "one input missing", {"inputs": [A]}, "b"
    yield "an input twice", {"inputs": [A, A, B]}, "twice"
    yield "an unknown input", {"inputs": [A, B, A | {"name": "c"}]}, "'c'"
    yield "a name in the wrong case", request(name="A"), "'a'"
    yield "no name", {"inputs": [{k: v for k, v in A.items() if k != "name"}, B]}, "name"
    yield "no shape", {"inputs": [{k: v for k, v in A.items() if k != "shape"}, B]}, "shape"
    yield "no datatype", {"inputs": [{k: v for k, v in A.items() if k != "datatype"}, B]}, "datatype"
    yield "no data", {"inputs": [{k: v for k, v in A.items() if k != "data"}, B]}, "data"
    yield "another type", request(datatype="FP64"), "FP32"
    yield "a type that is none", request(datatype="FLOAT"), "FLOAT"
    yield "too few values", request(data=[1, 2, 3]), "4 values"
    yield "too many values", request(data=[1, 2, 3, 4, 5]), "4 values"
    yield "nested in another way", request(data=[[1, 2], [3, 4]]), "data"
    yield "another width", request(shape=[1, 5], data=[1, 2, 3, 4, 5]), "shape"
    yield "another rank", request(shape=[4]), "shape"
    yield "a negative size", request(shape=[-1, 4]), "shape"
    yield "a shape that overflows", request(shape=[2**62, 4]), "shape"
    yield "a shape of 2^64", request(shape=[2**64, 4]), "shape"
    yield "a shape with a fraction", request(shape=[1.5, 4]), "shape"
    yield "a shape that is no list", request(shape=4), "shape"
    yield "data that is no list", request(data="1234"), "data"
    yield "data that is null", request(data=None), "data"
    yield "batches that differ", {"inputs": [A, B | {"shape": [2, 4], "data": [1] * 8}]}, "batch"
    yield "an unknown output", {"inputs": [A, B], "outputs": [{"name": "product"}]}, "product"
    yield "an output twice", {"inputs": [A, B], "outputs": [{"name": "sum"}, {"name": "sum"}]}, "twice"
    yield "an output without name", {"inputs": [A, B], "outputs": [{}]}, "name"
    yield "an id that is no string", {"id": 7, "inputs": [A, B]}, "id"
    yield "inputs that is no list", {"inputs": {"a": A}}, "inputs"


@pytest.mark.parametrize("title,request_,word", [pytest.param(*case, id=case[0]) for case in refused()])
def test_requests_that_do_not_fit_are_refused_with_the_place(zoo, addsub, title, request_, word):
    status, fields, body = post(zoo, addsub, request_)
    assert status == 400, body
    assert word in json.loads(body)["error"], body
    assert len(fields["slipway-prediction-id"]) == 32


@pytest.mark.parametrize("text,offset", [
    ("", 0), ("{", 1), ("[", 0), ("null", 0), ('{"inputs":[}', 11), ('{"inputs":[]} x', 14), ('{"id":"\n"}', 7),
    ('{"inputs":[' + "[" * 5000, None), ('{"x":' + "[" * 100_000 + "]" * 100_000 + "}", None), ('{"id":"\\q"}', None),
    ('{"id":"\\ud800"}', None), ('{"id":"a","id":"b","inputs":[]}', None), ("{'id': 1}", 1), ("\ufeff{}", 0),
])
def test_text_that_is_not_json_is_refused_with_the_offset(zoo, addsub, text, offset):
    status, _, body = post(zoo, addsub, text.encode())
    assert status == 400, body
    message = json.loads(body)["error"]
    if offset is not None:
        assert str(offset) in message, message


def test_nan_goes_out_as_text(zoo):
    endpoint = zoo.endpoint("nan_out")
    case = zoo.case("nan_out", "not finite")
    status, fields, body = post(zoo, endpoint, *binary_request(case["inputs"], binary_answer=False))
    assert status == 200
    outputs = json.loads(body, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))["outputs"]
    assert outputs[0]["data"] == ["NaN", "-Infinity", 0]
    assert outputs[1]["data"] == ["Infinity", "-Infinity", 0.25]


def test_a_model_that_fails_while_running_says_so_and_goes_on(zoo):
    endpoint = zoo.endpoint("control_flow")
    inputs = [{"name": "flag", "datatype": "BOOL", "shape": [], "data": [True]},
              {"name": "x", "datatype": "FP32", "shape": [0], "data": []}]
    status, body = zoo.infer(endpoint, inputs)
    assert status in (400, 500) and body["error"]
    inputs[1] |= {"shape": [2], "data": [1, 2]}
    assert zoo.infer(endpoint, inputs)[0] == 200
