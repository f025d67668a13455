"""Bare gRPC: typed contents, what HTTP answers bit by bit, messages that are wrong, metadata, health and reflection."""

import concurrent.futures

import grpc
import numpy
import pytest
from google.protobuf import descriptor_pool
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from grpc_cases import has_typed_contents, request_of, typed_array
from tensors import from_case
from triton_grpc import messages, stubs
from wire import assert_same, binary_request, raw
from zoo import SERVED

SERVICE = "inference.GRPCInferenceService"


@pytest.fixture(scope="module")
def channel(zoo):
    with grpc.insecure_channel(zoo.server.grpc_address) as channel:
        yield channel


@pytest.fixture(scope="module")
def stub(channel):
    return stubs.GRPCInferenceServiceStub(channel)


@pytest.mark.parametrize("name", SERVED)
def test_answers_are_those_of_http_to_the_bit(zoo, stub, name):
    """Two runs of one model on the same batch; a model of random numbers would not be served here."""
    endpoint = zoo.endpoint(name)
    for case in zoo.cases(name)[0]:
        body, headers = binary_request(case["inputs"])
        status, fields, answer = zoo.server.request("POST", zoo.path(endpoint, "/infer"), body, headers)
        assert status == 200, answer
        over_http = answer[int(fields["inference-header-content-length"]):]
        over_grpc = stub.ModelInfer(request_of(endpoint, case))
        assert b"".join(over_grpc.raw_output_contents) == over_http, case["title"]
        assert [output.name for output in over_grpc.outputs] == [output["name"] for output in case["outputs"]]


@pytest.mark.parametrize("name", SERVED)
def test_typed_contents_are_answered_in_typed_contents(zoo, stub, name):
    endpoint = zoo.endpoint(name)
    cases, tolerance = zoo.cases(name)
    cases = [case for case in cases if has_typed_contents(case)]
    if not cases:
        pytest.skip("its types have no typed contents")
    for case in cases:
        answer = stub.ModelInfer(request_of(endpoint, case, is_raw=False))
        assert not answer.raw_output_contents
        for got, wanted in zip(answer.outputs, case["outputs"], strict=True):
            assert (got.name, got.datatype, list(got.shape)) == (
                wanted["name"], wanted["datatype"], wanted["shape"])
            assert_same(typed_array(got), from_case(wanted), tolerance, f"{name}, {case['title']}")


def test_the_space_is_metadata(zoo, stub):
    endpoint = zoo.endpoint("addsub")
    request = request_of(endpoint, zoo.case("addsub"))
    assert stub.ModelInfer(request, metadata=[("slipway-space", "default")]).model_name == endpoint
    for space in ["nowhere", "not a name!"]:
        with pytest.raises(grpc.RpcError) as refusal:
            stub.ModelInfer(request, metadata=[("slipway-space", space)])
        assert refusal.value.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)
        assert "space" in refusal.value.details()


def test_every_answer_has_a_prediction_id(zoo, stub):
    endpoint = zoo.endpoint("addsub")
    case = zoo.case("addsub")
    seen = set()
    for name in [endpoint, endpoint, "nobody"]:
        try:
            _, call = stub.ModelInfer.with_call(request_of(name, case))
        except grpc.RpcError as error:
            call = error
        seen.add(dict(call.trailing_metadata())["slipway-prediction-id"])
    assert len(seen) == 3


@pytest.mark.parametrize("bytes_sent", [
    b"\x0b", b"\x0a\xff", b"\x08", b"\x00\x00", b"\xff" * 40, b"\x2a\x7f" + b"a" * 5, b"\x0a\x02\xff\xfe"])
def test_messages_that_are_none_are_refused(channel, bytes_sent):
    for method in ["ModelInfer", "ModelReady", "RepositoryModelLoad"]:
        call = channel.unary_unary(f"/{SERVICE}/{method}")
        with pytest.raises(grpc.RpcError) as refusal:
            call(bytes_sent, timeout=30)
        assert refusal.value.code() == grpc.StatusCode.INVALID_ARGUMENT, method
        assert refusal.value.details()


def wrong(change):
    """A request to `addsub` after `change` has had it."""
    def made(zoo):
        request = request_of(zoo.endpoint("addsub"), zoo.case("addsub"))
        change(request)
        return request
    return made


WRONG = {
    "a raw tensor too few": (wrong(lambda r: r.raw_input_contents.pop()), "raw_input_contents"),
    "a raw tensor too short": (wrong(lambda r: r.raw_input_contents.__setitem__(0, b"abc")), "3"),
    "both forms": (wrong(lambda r: r.inputs[0].contents.fp32_contents.append(1)), "contents"),
    "another type": (wrong(lambda r: setattr(r.inputs[0], "datatype", "FP64")), "FP32"),
    "a type that is none": (wrong(lambda r: setattr(r.inputs[0], "datatype", "FLOAT")), "FLOAT"),
    "no type": (wrong(lambda r: setattr(r.inputs[0], "datatype", "")), "datatype"),
    "another shape": (wrong(lambda r: r.inputs[0].shape.append(1)), "shape"),
    "a negative size": (wrong(lambda r: r.inputs[0].shape.__setitem__(0, -1)), "shape"),
    "an enormous size": (wrong(lambda r: r.inputs[0].shape.__setitem__(0, 2**62)), "shape"),
    "another name": (wrong(lambda r: setattr(r.inputs[0], "name", "c")), "'c'"),
    "a name twice": (wrong(lambda r: setattr(r.inputs[1], "name", "a")), "twice"),
    "another output": (wrong(lambda r: r.outputs.add(name="product")), "'product'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_requests_that_do_not_fit_are_refused_with_the_reason(zoo, stub, what):
    make, words = WRONG[what]
    with pytest.raises(grpc.RpcError) as refusal:
        stub.ModelInfer(make(zoo), timeout=30)
    assert refusal.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert words in refusal.value.details()


def test_a_method_that_is_not_there_is_unimplemented(channel):
    for path in [f"/{SERVICE}/ModelGuess", "/other.Service/ModelInfer"]:
        with pytest.raises(grpc.RpcError) as refusal:
            channel.unary_unary(path)(b"", timeout=30)
        assert refusal.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_many_calls_at_once(zoo, stub):
    endpoint = zoo.endpoint("addsub")
    case = zoo.case("addsub", "three rows")
    calls = [stub.ModelInfer.future(request_of(endpoint, case, id=str(number)), timeout=60) for number in range(1000)]
    wanted = b"".join(raw(tensor) for tensor in case["outputs"])
    for number, call in enumerate(calls):
        answer = call.result()
        assert answer.id == str(number)
        assert b"".join(answer.raw_output_contents) == wanted


def test_a_body_above_the_endpoints_limit_is_refused(zoo):
    """The default limit is 64 MiB."""
    endpoint = zoo.endpoint("identity_fp32")
    request = messages.ModelInferRequest(model_name=endpoint)
    request.inputs.add(name="input", datatype="FP32", shape=[17, 1 << 20])
    request.raw_input_contents.append(numpy.zeros(17 << 20, "f4").tobytes())
    with grpc.insecure_channel(zoo.server.grpc_address) as channel:
        with pytest.raises(grpc.RpcError) as refusal:
            stubs.GRPCInferenceServiceStub(channel).ModelInfer(request, timeout=60)
    assert refusal.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


# MARK: health


def test_health(channel):
    health = health_pb2_grpc.HealthStub(channel)
    for service in ["", SERVICE]:
        answer = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=30)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as refusal:
        health.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=30)
    assert refusal.value.code() == grpc.StatusCode.NOT_FOUND
    # This release of the client has no List yet.
    assert SERVICE.encode() in channel.unary_unary("/grpc.health.v1.Health/List")(b"", timeout=30)


@pytest.mark.parametrize("service, status", [("", "SERVING"), ("nobody", "SERVICE_UNKNOWN")])
def test_health_is_watched(channel, service, status):
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=service), timeout=30)
    first = next(watch)
    assert health_pb2.HealthCheckResponse.ServingStatus.Name(first.status) == status
    watch.cancel()


# MARK: reflection


def test_a_reflection_client_finds_and_describes_everything(channel):
    database = ProtoReflectionDescriptorDatabase(channel)
    assert set(database.get_services()) == {
        SERVICE, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection"}
    pool = descriptor_pool.DescriptorPool(database)
    service = pool.FindServiceByName(SERVICE)
    assert {method.name for method in service.methods} == {
        name for name in dir(stubs.GRPCInferenceServiceServicer) if name[0].isupper()}
    assert service.methods_by_name["ModelStreamInfer"].client_streaming
    described = pool.FindMessageTypeByName("inference.ModelInferRequest")
    theirs = messages.ModelInferRequest.DESCRIPTOR
    assert {field.name: field.number for field in described.fields} == {
        field.name: field.number for field in theirs.fields}
    with pytest.raises(KeyError):
        pool.FindMessageTypeByName("inference.ModelGuessRequest")


def test_a_client_that_knows_nothing_but_reflection_predicts(zoo, channel):
    endpoint = zoo.endpoint("addsub")
    pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    method = pool.FindServiceByName(SERVICE).methods_by_name["ModelInfer"]
    request = GetMessageClass(method.input_type)()
    request.ParseFromString(request_of(endpoint, zoo.case("addsub"), is_raw=False).SerializeToString())
    call = channel.unary_unary(
        f"/{SERVICE}/ModelInfer", type(request).SerializeToString, GetMessageClass(method.output_type).FromString)
    answer = call(request, timeout=30)
    assert list(answer.outputs[0].contents.fp32_contents) == [5, 5, 5, 5]


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_answers_each_request_of_its_stream(channel, version):
    stream = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        reflection_pb2.ServerReflectionRequest.SerializeToString,
        reflection_pb2.ServerReflectionResponse.FromString)
    asked = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="nothing.Here"),
        reflection_pb2.ServerReflectionRequest(file_by_filename="grpc_service.proto"),
        reflection_pb2.ServerReflectionRequest(all_extension_numbers_of_type="inference.ModelInferRequest"),
    ]
    answers = list(stream(iter(asked), timeout=30))
    kinds = [answer.WhichOneof("message_response") for answer in answers]
    assert kinds == [
        "list_services_response", "error_response", "file_descriptor_response", "all_extension_numbers_response"]
    assert answers[1].error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    assert [answer.original_request for answer in answers] == asked


def test_connections_that_come_and_go(zoo):
    """Many clients of a few calls each; nobody is kept from answering by those who left."""
    endpoint = zoo.endpoint("addsub")
    request = request_of(endpoint, zoo.case("addsub"))

    def visit(_):
        with grpc.insecure_channel(
                zoo.server.grpc_address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            stub = stubs.GRPCInferenceServiceStub(channel)
            return [stub.ModelInfer(request, timeout=60).model_name for _ in range(3)]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for names in pool.map(visit, range(100)):
            assert names == [endpoint] * 3
