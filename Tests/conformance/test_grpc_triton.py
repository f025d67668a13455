"""NVIDIA's own Python client over gRPC, unmodified: every method of tritonclient.grpc that has a meaning here, and its
asyncio sibling. Streams have a file of their own."""

import asyncio
import inspect
import queue
import time

import numpy
import pytest
from tritonclient.utils import InferenceServerException

from grpc_cases import array, assert_case, inputs_of
from triton_grpc import aio, sync
from wire import assert_same
from zoo import SERVED


@pytest.fixture
def client(zoo):
    with sync.InferenceServerClient(zoo.server.grpc_address) as client:
        yield client


@pytest.mark.parametrize("name", SERVED)
def test_infer_answers_every_case(zoo, client, name):
    endpoint = zoo.endpoint(name)
    cases, tolerance = zoo.cases(name)
    for case in cases:
        outputs = [sync.InferRequestedOutput(output["name"]) for output in case["outputs"]]
        result = client.infer(endpoint, inputs_of(case), outputs=outputs, request_id="seven")
        assert_case(result, case, tolerance, f"{name}, {case['title']}")
        answer = result.get_response()
        assert (answer.model_name, answer.model_version, answer.id) == (endpoint, "1", "seven")


def test_health(zoo, client):
    endpoint = zoo.endpoint("addsub")
    assert client.is_server_live() is True
    assert client.is_server_ready() is True
    assert client.is_model_ready(endpoint) is True
    assert client.is_model_ready(endpoint, model_version="1") is True
    for name, version in [(endpoint, "2"), ("nobody", "")]:
        with pytest.raises(InferenceServerException, match=name) as refusal:
            client.is_model_ready(name, version)
        assert refusal.value.status() == "StatusCode.NOT_FOUND"


def test_metadata_and_configuration(zoo, client):
    endpoint = zoo.endpoint("strings")
    server = client.get_server_metadata()
    assert server.name == "slipway"
    assert "model_repository" in server.extensions
    for version in ["", "1"]:
        metadata = client.get_model_metadata(endpoint, version)
        assert [tensor.name for tensor in metadata.inputs] == ["first", "last", "scores"]
        assert [tensor.datatype for tensor in metadata.outputs] == ["BYTES", "BYTES"]
        assert [list(tensor.shape) for tensor in metadata.outputs] == [[-1], [-1]]
        config = client.get_model_config(endpoint, version, as_json=True)["config"]
        assert config["name"] == endpoint
        assert [tensor["data_type"] for tensor in config["input"]] == ["TYPE_STRING", "TYPE_STRING", "TYPE_FP32"]
        assert config["instance_group"][0]["kind"] == "KIND_CPU"
        assert config["version_policy"]["specific"]["versions"] == ["1"]
    for ask in [client.get_model_metadata, client.get_model_config, client.get_inference_statistics]:
        with pytest.raises(InferenceServerException, match="nobody") as refusal:
            ask("nobody")
        assert refusal.value.status() == "StatusCode.NOT_FOUND"


@pytest.mark.parametrize("name", ["addsub", "strings", "scalar", "many_types", "classifier"])
def test_configuration_is_that_of_http(zoo, client, name):
    endpoint = zoo.endpoint(name)
    said = client.get_model_config(endpoint, as_json=True)["config"]
    status, config = zoo.server.json("GET", zoo.path(endpoint, "/config"))
    assert status == 200
    for key in ["name", "platform", "backend", "default_model_filename"]:
        assert said.get(key, "") == config[key]
    assert {key: value["string_value"] for key, value in said.get("parameters", {}).items()} == {
        key: value["string_value"] for key, value in config["parameters"].items()}
    for side in ["input", "output"]:
        assert [(tensor["name"], tensor["data_type"], [int(size) for size in tensor.get("dims", [])])
                for tensor in said[side]] == [
            (tensor["name"], tensor["data_type"], tensor["dims"]) for tensor in config[side]]


def test_repository(zoo, client):
    endpoint = zoo.endpoint("addsub", "grpc-repository")

    def state():
        return {entry.name: entry.state for entry in client.get_model_repository_index().models}[endpoint]

    assert state() == "READY"
    client.unload_model(endpoint)
    assert state() == "UNAVAILABLE"
    assert client.is_model_ready(endpoint) is False
    with pytest.raises(InferenceServerException, match="unloaded") as refusal:
        client.infer(endpoint, inputs_of(zoo.case("addsub")))
    assert refusal.value.status() == "StatusCode.UNAVAILABLE"
    client.load_model(endpoint)
    client.load_model(endpoint)
    assert state() == "READY"
    assert client.is_model_ready(endpoint) is True
    client.unload_model(endpoint, unload_dependents=True)
    client.load_model(endpoint)
    with pytest.raises(InferenceServerException, match="config"):
        client.load_model(endpoint, config="{}")
    with pytest.raises(InferenceServerException, match="nobody") as refusal:
        client.load_model("nobody")
    assert refusal.value.status() == "StatusCode.NOT_FOUND"


def test_statistics(zoo, client):
    endpoint = zoo.endpoint("addsub", "grpc-counted")
    case = zoo.case("addsub", "three rows")
    for _ in range(5):
        client.infer(endpoint, inputs_of(case))
    with pytest.raises(InferenceServerException):
        client.infer(endpoint, inputs_of(case)[:1])
    for version in ["", "1"]:
        (entry,) = client.get_inference_statistics(endpoint, version).model_stats
        assert (entry.inference_count, entry.execution_count) == (15, 5)
        assert (entry.inference_stats.success.count, entry.inference_stats.fail.count) == (5, 1)
        assert entry.inference_stats.success.ns > 0
        assert abs(entry.last_inference / 1000 - time.time()) < 3600
    assert endpoint in [entry.name for entry in client.get_inference_statistics().model_stats]


def test_trace_and_log_settings(zoo, client):
    endpoint = zoo.endpoint("addsub")
    for name in [None, endpoint]:
        assert client.get_trace_settings(model_name=name).settings["trace_level"].value == ["OFF"]
        for levels in [["OFF"], None]:
            answer = client.update_trace_settings(model_name=name, settings={"trace_level": levels})
            assert answer.settings["trace_level"].value == ["OFF"]
        with pytest.raises(InferenceServerException, match="trac"):
            client.update_trace_settings(model_name=name, settings={"trace_level": ["TIMESTAMPS"]})
    assert client.get_log_settings().settings["log_info"].bool_param is True
    assert client.update_log_settings({}).settings["log_format"].string_param == "default"
    with pytest.raises(InferenceServerException, match="log"):
        client.update_log_settings({"log_verbose_level": 1})


def test_shared_memory_is_none_and_says_so(zoo, client):
    assert len(client.get_system_shared_memory_status().regions) == 0
    assert len(client.get_cuda_shared_memory_status().regions) == 0
    client.unregister_system_shared_memory()
    client.unregister_cuda_shared_memory()
    client.unregister_system_shared_memory("region")
    given = sync.InferInput("a", [1, 4], "FP32")
    given.set_shared_memory("region", 16)
    wanted = sync.InferRequestedOutput("sum")
    wanted.set_shared_memory("region", 16)
    endpoint = zoo.endpoint("addsub")
    for ask in [
        lambda: client.register_system_shared_memory("region", "/region", 64),
        lambda: client.get_system_shared_memory_status("region"),
        lambda: client.register_cuda_shared_memory("region", b"aGFuZGxl", 0, 64),
        lambda: client.infer(endpoint, [given]),
        lambda: client.infer(endpoint, inputs_of(zoo.case("addsub")), outputs=[wanted]),
    ]:
        with pytest.raises(InferenceServerException, match="shared memory") as refusal:
            ask()
        assert refusal.value.status() == "StatusCode.INVALID_ARGUMENT"


def test_class_count(zoo, client):
    endpoint = zoo.endpoint("classifier")
    output = sync.InferRequestedOutput("scores", class_count=2)
    result = client.infer(endpoint, inputs_of(zoo.case("classifier")), outputs=[output])
    texts = [text.decode() for text in result.as_numpy("scores").ravel()]
    assert result.as_numpy("scores").shape == (2, 2)
    assert [text.split(":")[1:] for text in texts] == [["9", "nine"], ["8", "eight"], ["0", "zero"], ["4", "four"]]


def test_only_the_requested_output_comes(zoo, client):
    endpoint = zoo.endpoint("addsub")
    result = client.infer(
        endpoint, inputs_of(zoo.case("addsub")), outputs=[sync.InferRequestedOutput("diff")], model_version="1",
        sequence_id=7, sequence_start=True, sequence_end=True, priority=1, timeout=1_000_000,
        parameters={"mine": "yes", "number": 7, "flag": True, "share": 0.5})
    assert result.as_numpy("sum") is None
    assert result.as_numpy("diff").tolist() == [[-3, -1, 1, 3]]


def test_async_infer(zoo, client):
    endpoint = zoo.endpoint("addsub")
    case = zoo.case("addsub", "three rows")
    answers = queue.Queue()

    def heard(result, error):
        answers.put((result, error))

    for number in range(50):
        client.async_infer(endpoint, inputs_of(case), heard, request_id=str(number))
    ids = set()
    for _ in range(50):
        result, error = answers.get(timeout=30)
        assert error is None
        assert_case(result, case, 0, "async")
        ids.add(result.get_response().id)
    assert ids == {str(number) for number in range(50)}
    client.async_infer("nobody", inputs_of(case), heard)
    result, error = answers.get(timeout=30)
    assert result is None and "nobody" in str(error)


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_compression(zoo, client, packing):
    endpoint = zoo.endpoint("mlp_64_256_256_10")
    case = zoo.case("mlp_64_256_256_10", "32 rows")
    result = client.infer(endpoint, inputs_of(case), compression_algorithm=packing)
    assert_case(result, case, 1e-4, packing)


def test_refusals_reach_the_caller_with_status_and_reason(zoo, client):
    endpoint = zoo.endpoint("addsub")
    with pytest.raises(InferenceServerException, match="'b'") as refusal:
        client.infer(endpoint, inputs_of(zoo.case("addsub"))[:1])
    assert refusal.value.status() == "StatusCode.INVALID_ARGUMENT"
    for name, version, words in [(endpoint, "9", "version 1"), ("nobody", "", "nobody")]:
        with pytest.raises(InferenceServerException, match=words) as refusal:
            client.infer(name, inputs_of(zoo.case("addsub")), model_version=version)
        assert refusal.value.status() == "StatusCode.NOT_FOUND"


def test_a_deadline_ends_a_prediction_that_takes_longer(zoo, client):
    endpoint = zoo.endpoint("milliseconds")
    case = zoo.case("milliseconds")
    value = numpy.repeat(array(case["inputs"][0]), 400, axis=0)
    long = sync.InferInput(case["inputs"][0]["name"], list(value.shape), case["inputs"][0]["datatype"])
    long.set_data_from_numpy(value)
    with pytest.raises(InferenceServerException) as refusal:
        client.infer(endpoint, [long], client_timeout=0.05)
    assert refusal.value.status() == "StatusCode.DEADLINE_EXCEEDED"
    # The endpoint goes on answering.
    assert_case(client.infer(endpoint, inputs_of(case), client_timeout=30), case, 1e-3, "after a deadline")


def test_cancelling_a_prediction(zoo, client):
    endpoint = zoo.endpoint("milliseconds")
    case = zoo.case("milliseconds")
    answers = queue.Queue()
    calls = [client.async_infer(endpoint, inputs_of(case), lambda result, error: answers.put(error))
             for _ in range(200)]
    for call in calls:
        call.cancel()
    errors = [answers.get(timeout=60) for _ in calls]
    assert any(error is not None and "ancel" in str(error) for error in errors)
    assert_case(client.infer(endpoint, inputs_of(case)), case, 1e-3, "after cancelling")


@pytest.mark.parametrize("megabytes", [5, 63, 80])
def test_large_tensors(zoo, client, megabytes):
    zoo.endpoint("identity_fp32")
    zoo.server.put_deployment("grpc-large", "identity_fp32", options={"maxBodyBytes": 128 << 20})
    value = numpy.random.default_rng(3).standard_normal((megabytes, 1 << 18), dtype="f4")
    given = sync.InferInput("input", list(value.shape), "FP32")
    given.set_data_from_numpy(value)
    result = client.infer("grpc-large", [given], client_timeout=120)
    assert_same(result.as_numpy("output"), value)


def test_the_asyncio_client(zoo):
    endpoint = zoo.endpoint("addsub", "grpc-aio")
    case = zoo.case("addsub", "three rows")

    async def conversation():
        async with aio.InferenceServerClient(zoo.server.grpc_address) as client:
            assert await client.is_server_live() and await client.is_server_ready()
            assert await client.is_model_ready(endpoint)
            assert (await client.get_server_metadata()).name == "slipway"
            assert list((await client.get_model_metadata(endpoint, "1")).versions) == ["1"]
            assert (await client.get_model_config(endpoint)).config.name == endpoint
            assert endpoint in [entry.name for entry in (await client.get_model_repository_index()).models]
            assert (await client.get_trace_settings()).settings["trace_level"].value == ["OFF"]
            assert (await client.get_log_settings()).settings["log_error"].bool_param
            assert not (await client.get_system_shared_memory_status()).regions
            assert not (await client.get_cuda_shared_memory_status()).regions
            await client.unload_model(endpoint)
            assert not await client.is_model_ready(endpoint)
            await client.load_model(endpoint)
            results = await asyncio.gather(*(
                client.infer(endpoint, inputs_of(case), request_id=str(number)) for number in range(100)))
            for number, result in enumerate(results):
                assert result.get_response().id == str(number)
                assert_case(result, case, 0, "aio")
            (entry,) = (await client.get_inference_statistics(endpoint)).model_stats
            assert entry.inference_stats.success.count == 100
            with pytest.raises(InferenceServerException, match="nobody"):
                await client.infer("nobody", inputs_of(case))

    asyncio.run(conversation())


def test_no_method_of_the_client_was_forgotten():
    """A release of the client with another method asks for another test here or in test_grpc_stream.py."""
    public = {name for name, _ in inspect.getmembers(sync.InferenceServerClient, inspect.isfunction)
              if not name.startswith("_")}
    here = open(__file__).read() + open(__file__.replace("triton", "stream")).read()
    assert {name for name in public if f".{name}(" not in here and f"client.{name}" not in here} == {
        "close", "plugin", "register_plugin", "unregister_plugin"}
