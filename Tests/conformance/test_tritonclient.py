"""NVIDIA's own Python client, unmodified: every method of tritonclient.http that has a meaning here, and its asyncio
sibling."""

import asyncio
import inspect
import json
import subprocess
import sys

import ml_dtypes
import numpy
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

from tensors import BF16, from_case
from wire import assert_same
from zoo import SERVED

# Inputs and outputs in binary or JSON.
FLAVOURS = [(True, True), (True, False), (False, True), (False, False)]


@pytest.fixture
def client(zoo):
    with triton.InferenceServerClient(zoo.server.address, concurrency=4) as client:
        yield client


def array(tensor):
    """NumPy has no bfloat16 of its own; the client takes and gives that of ml_dtypes."""
    value = from_case(tensor)
    return value.bits.view(ml_dtypes.bfloat16) if isinstance(value, BF16) else value


def inputs_of(case, binary):
    made = []
    for tensor in case["inputs"]:
        value = array(tensor)
        given = triton.InferInput(tensor["name"], list(value.shape), tensor["datatype"])
        given.set_data_from_numpy(value, binary_data=binary)
        made.append(given)
    return made


def assert_case(result, case, tolerance, context):
    for wanted in case["outputs"]:
        got, expected = result.as_numpy(wanted["name"]), array(wanted)
        assert result.get_output(wanted["name"])["datatype"] == wanted["datatype"]
        if expected.dtype == object:
            # The client gives bytes where they travelled as bytes, and str where they travelled as JSON.
            texts = [text.decode() if isinstance(text, bytes) else text for text in got.ravel()]
            got = numpy.array(texts, object).reshape(got.shape)
        if wanted["datatype"] == "BF16":
            got, expected = got.view(numpy.uint16), expected.view(numpy.uint16)
        assert_same(got, expected, tolerance, f"{context} {wanted['name']}")


def answers_in_json(case):
    """What NumPy can make of a JSON answer: not of the texts that stand for what is not finite."""
    return all(tensor["data"] is not None for tensor in case["outputs"])


def sendable(case, binary):
    """The client refuses BF16 in JSON by itself, and cannot say what is not finite there."""
    return binary or all(
        tensor["datatype"] != "BF16" and tensor["data"] is not None for tensor in case["inputs"])


@pytest.mark.parametrize("name", SERVED)
def test_infer_answers_every_case(zoo, client, name):
    endpoint = zoo.endpoint(name)
    cases, tolerance = zoo.cases(name)
    for case in cases:
        for binary_in, binary_out in FLAVOURS:
            if not sendable(case, binary_in) or not (binary_out or answers_in_json(case)):
                continue
            outputs = [triton.InferRequestedOutput(output["name"], binary_data=binary_out) for output in case["outputs"]]
            result = client.infer(endpoint, inputs_of(case, binary_in), outputs=outputs, request_id="seven")
            context = f"{name}, {case['title']}, binary in {binary_in}, out {binary_out}"
            assert_case(result, case, tolerance, context)
            answer = result.get_response()
            assert (answer["model_name"], answer["model_version"], answer["id"]) == (endpoint, "1", "seven")


def test_health(zoo, client):
    endpoint = zoo.endpoint("addsub")
    assert client.is_server_live() is True
    assert client.is_server_ready() is True
    assert client.is_model_ready(endpoint) is True
    assert client.is_model_ready(endpoint, model_version="1") is True
    assert client.is_model_ready(endpoint, model_version="2") is False
    assert client.is_model_ready("nobody") is False


def test_metadata_and_configuration(zoo, client):
    endpoint = zoo.endpoint("strings")
    assert client.get_server_metadata()["name"] == "slipway"
    for version in ["", "1"]:
        metadata = client.get_model_metadata(endpoint, version)
        assert [tensor["name"] for tensor in metadata["inputs"]] == ["first", "last", "scores"]
        assert [tensor["datatype"] for tensor in metadata["outputs"]] == ["BYTES", "BYTES"]
        config = client.get_model_config(endpoint, version)
        assert config["name"] == endpoint
        assert [tensor["data_type"] for tensor in config["input"]] == ["TYPE_STRING", "TYPE_STRING", "TYPE_FP32"]
        assert [tensor["dims"] for tensor in config["output"]] == [[-1], [-1]]
    for ask in [client.get_model_metadata, client.get_model_config, client.get_inference_statistics]:
        with pytest.raises(InferenceServerException, match="nobody") as refusal:
            ask("nobody")
        assert refusal.value.status() == "404"


def test_configuration_fits_tritons_own_schema(zoo, client):
    """The configuration is what NVIDIA's ModelConfig message holds. Read in a process of its own: kserve brings messages of
    the same names."""
    script = """if True:
        import json, sys
        from google.protobuf import json_format
        from tritonclient.grpc import model_config_pb2
        for config in json.load(sys.stdin):
            message = json_format.ParseDict(config, model_config_pb2.ModelConfig())
            print(message.name, message.max_batch_size, len(message.input), len(message.output))
    """
    names = ["addsub", "strings", "scalar", "many_types", "classifier"]
    configs = [client.get_model_config(zoo.endpoint(name)) for name in names]
    read = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(configs), capture_output=True, text=True, check=True)
    assert read.stdout.splitlines() == [
        f"{name} 0 {len(zoo.case(name)['inputs'])} {len(zoo.case(name)['outputs'])}" for name in names]


def test_repository(zoo, client):
    endpoint = zoo.endpoint("addsub", "triton-repository")

    def state():
        return {entry["name"]: entry["state"] for entry in client.get_model_repository_index()}[endpoint]

    assert state() == "READY"
    client.unload_model(endpoint)
    assert state() == "UNAVAILABLE"
    assert client.is_model_ready(endpoint) is False
    with pytest.raises(InferenceServerException, match="unloaded"):
        client.infer(endpoint, inputs_of(zoo.case("addsub"), True))
    client.load_model(endpoint)
    client.load_model(endpoint)
    assert state() == "READY"
    assert client.is_model_ready(endpoint) is True
    client.unload_model(endpoint, unload_dependents=True)
    client.load_model(endpoint)
    with pytest.raises(InferenceServerException, match="nobody"):
        client.load_model("nobody")


def test_statistics(zoo, client):
    endpoint = zoo.endpoint("addsub", "triton-counted")
    case = zoo.case("addsub", "three rows")
    for _ in range(5):
        client.infer(endpoint, inputs_of(case, True))
    for version in ["", "1"]:
        (entry,) = client.get_inference_statistics(endpoint, version)["model_stats"]
        assert (entry["inference_count"], entry["execution_count"]) == (15, 5)
        assert entry["inference_stats"]["success"]["count"] == 5
    names = [entry["name"] for entry in client.get_inference_statistics()["model_stats"]]
    assert endpoint in names


def test_trace_and_log_settings(zoo, client):
    endpoint = zoo.endpoint("addsub")
    for name in [None, endpoint]:
        assert client.get_trace_settings(model_name=name)["trace_level"] == ["OFF"]
        assert client.update_trace_settings(model_name=name, settings={"trace_level": ["OFF"]})["trace_level"] == ["OFF"]
        assert client.update_trace_settings(model_name=name, settings={"trace_level": None})["trace_level"] == ["OFF"]
        with pytest.raises(InferenceServerException, match="trac"):
            client.update_trace_settings(model_name=name, settings={"trace_level": ["TIMESTAMPS"]})
    assert client.get_log_settings()["log_verbose_level"] == 0
    assert client.update_log_settings({})["log_verbose_level"] == 0
    with pytest.raises(InferenceServerException, match="log"):
        client.update_log_settings({"log_verbose_level": 1})


def test_shared_memory_is_none_and_says_so(client):
    assert client.get_system_shared_memory_status() == []
    assert client.get_cuda_shared_memory_status() == []
    client.unregister_system_shared_memory()
    client.unregister_cuda_shared_memory()
    client.unregister_system_shared_memory("region")
    with pytest.raises(InferenceServerException, match="shared memory"):
        client.register_system_shared_memory("region", "/region", 64)
    with pytest.raises(InferenceServerException, match="shared memory"):
        client.get_system_shared_memory_status("region")
    with pytest.raises(InferenceServerException, match="shared memory"):
        client.register_cuda_shared_memory("region", b"handle", 0, 64)


@pytest.mark.parametrize("binary", [True, False])
def test_class_count(zoo, client, binary):
    endpoint = zoo.endpoint("classifier")
    output = triton.InferRequestedOutput("scores", binary_data=binary, class_count=2)
    result = client.infer(endpoint, inputs_of(zoo.case("classifier"), True), outputs=[output])
    texts = [text.decode() if isinstance(text, bytes) else text for text in result.as_numpy("scores").ravel()]
    assert result.as_numpy("scores").shape == (2, 2)
    assert [text.split(":")[1:] for text in texts] == [["9", "nine"], ["8", "eight"], ["0", "zero"], ["4", "four"]]


def test_only_the_requested_output_comes(zoo, client):
    endpoint = zoo.endpoint("addsub")
    result = client.infer(
        endpoint, inputs_of(zoo.case("addsub"), True), outputs=[triton.InferRequestedOutput("diff")], model_version="1",
        sequence_id=7, sequence_start=True, sequence_end=True, priority=1, timeout=1_000_000,
        parameters={"mine": "yes", "number": 7, "flag": True})
    assert result.as_numpy("sum") is None
    assert result.as_numpy("diff").tolist() == [[-3, -1, 1, 3]]


def test_async_infer(zoo, client):
    endpoint = zoo.endpoint("addsub")
    case = zoo.case("addsub", "three rows")
    waiting = [client.async_infer(endpoint, inputs_of(case, True), request_id=str(number)) for number in range(50)]
    for number, request in enumerate(waiting):
        result = request.get_result()
        assert result.get_response()["id"] == str(number)
        assert_case(result, case, 0, "async")
    with pytest.raises(InferenceServerException, match="nobody"):
        client.async_infer("nobody", inputs_of(case, True)).get_result()


@pytest.mark.parametrize("packed_answer", [None, "gzip", "deflate"])
@pytest.mark.parametrize("packed_request", [None, "gzip", "deflate"])
@pytest.mark.parametrize("binary", [True, False])
def test_compression(zoo, client, binary, packed_request, packed_answer):
    endpoint = zoo.endpoint("mlp_64_256_256_10")
    case = zoo.case("mlp_64_256_256_10", "32 rows")
    result = client.infer(
        endpoint, inputs_of(case, binary), request_compression_algorithm=packed_request,
        response_compression_algorithm=packed_answer)
    assert_case(result, case, 1e-4, f"{packed_request}, {packed_answer}")


def test_bodies_made_and_read_apart_from_the_client(zoo):
    endpoint = zoo.endpoint("addsub")
    case = zoo.case("addsub", "three rows")
    for binary in [True, False]:
        body, length = triton.InferenceServerClient.generate_request_body(
            inputs_of(case, binary), outputs=[triton.InferRequestedOutput("sum", binary_data=binary)],
            request_id="apart")
        headers = {"Inference-Header-Content-Length": str(length)} if length is not None else {}
        status, fields, answer = zoo.server.request("POST", zoo.path(endpoint, "/infer"), body, headers)
        assert status == 200, answer
        length = fields.get("inference-header-content-length")
        assert (length is not None) is binary
        result = triton.InferenceServerClient.parse_response_body(
            answer, header_length=int(length) if length else None)
        assert result.get_response()["id"] == "apart"
        assert_same(result.as_numpy("sum"), array(case["outputs"][0]), 0)


def test_refusals_reach_the_caller_with_status_and_reason(zoo, client):
    endpoint = zoo.endpoint("addsub")
    with pytest.raises(InferenceServerException, match="'b'") as refusal:
        client.infer(endpoint, inputs_of(zoo.case("addsub"), True)[:1])
    assert refusal.value.status() == "400"
    with pytest.raises(InferenceServerException, match="version 1"):
        client.infer(endpoint, inputs_of(zoo.case("addsub"), True), model_version="9")


def test_query_parameters_and_headers_are_taken(zoo, client):
    endpoint = zoo.endpoint("addsub")
    query, headers = {"a": "b c", "d": 1}, {"X-Mine": "yes"}
    assert client.is_server_live(headers=headers, query_params=query)
    assert client.get_model_metadata(endpoint, headers=headers, query_params=query)["name"] == endpoint
    result = client.infer(endpoint, inputs_of(zoo.case("addsub"), True), headers=headers, query_params=query)
    assert result.as_numpy("sum").tolist() == [[5, 5, 5, 5]]


def test_a_space_in_the_address(zoo):
    endpoint = zoo.endpoint("addsub")
    with triton.InferenceServerClient(f"{zoo.server.address}/spaces/default") as client:
        assert client.is_server_ready()
        result = client.infer(endpoint, inputs_of(zoo.case("addsub"), True))
        assert result.as_numpy("sum").tolist() == [[5, 5, 5, 5]]


def test_the_asyncio_client(zoo):
    endpoint = zoo.endpoint("addsub", "triton-aio")
    case = zoo.case("addsub", "three rows")

    async def conversation():
        async with triton_aio.InferenceServerClient(zoo.server.address) as client:
            assert await client.is_server_live() and await client.is_server_ready()
            assert await client.is_model_ready(endpoint)
            assert not await client.is_model_ready("nobody")
            assert (await client.get_server_metadata())["name"] == "slipway"
            assert (await client.get_model_metadata(endpoint, "1"))["versions"] == ["1"]
            assert (await client.get_model_config(endpoint))["name"] == endpoint
            assert endpoint in [entry["name"] for entry in await client.get_model_repository_index()]
            assert (await client.get_trace_settings())["trace_level"] == ["OFF"]
            assert (await client.get_log_settings())["log_verbose_level"] == 0
            assert await client.get_system_shared_memory_status() == []
            assert await client.get_cuda_shared_memory_status() == []
            await client.unload_model(endpoint)
            assert not await client.is_model_ready(endpoint)
            await client.load_model(endpoint)
            for binary in [True, False]:
                results = await asyncio.gather(*(
                    client.infer(endpoint, inputs_of(case, binary), request_id=str(number)) for number in range(20)))
                for number, result in enumerate(results):
                    assert result.get_response()["id"] == str(number)
                    assert_case(result, case, 0, f"aio, binary {binary}")
            (entry,) = (await client.get_inference_statistics(endpoint))["model_stats"]
            assert entry["inference_stats"]["success"]["count"] == 40
            with pytest.raises(InferenceServerException, match="nobody"):
                await client.infer("nobody", inputs_of(case, True))

    asyncio.run(conversation())


@pytest.mark.parametrize("packed", ["gzip", "deflate"])
def test_the_asyncio_client_compresses(zoo, packed):
    endpoint = zoo.endpoint("mlp_64_256_256_10")
    case = zoo.case("mlp_64_256_256_10", "32 rows")

    async def conversation():
        async with triton_aio.InferenceServerClient(zoo.server.address) as client:
            return await client.infer(
                endpoint, inputs_of(case, True), request_compression_algorithm=packed,
                response_compression_algorithm=packed)

    assert_case(asyncio.run(conversation()), case, 1e-4, packed)


def test_no_method_of_the_client_was_forgotten():
    """A release of the client with another method asks for another test here."""
    public = {name for name, _ in inspect.getmembers(triton.InferenceServerClient, inspect.isfunction)
              if not name.startswith("_")}
    source = open(__file__).read()
    assert {name for name in public if f".{name}(" not in source and f"client.{name}" not in source} == {
        "close", "plugin", "register_plugin", "unregister_plugin"}
