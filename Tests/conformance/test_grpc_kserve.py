"""KServe's own Python client over gRPC, unmodified: kserve.InferenceGRPCClient, and its form of load and unload."""

import asyncio

import grpc
import numpy
import pytest
from kserve import InferenceGRPCClient, InferInput, InferRequest
from kserve.protocol.grpc.grpc_predict_v2_pb2 import RepositoryModelLoadRequest, RepositoryModelUnloadRequest
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tensors import from_case
from wire import assert_same
from zoo import SERVED


def run(zoo, conversation):
    """Calls `conversation` with a client and returns what it gives."""

    async def held():
        async with InferenceGRPCClient(zoo.server.grpc_address, retries=0) as client:
            return await conversation(client)

    return asyncio.run(held())


def request_of(endpoint, case, binary):
    inputs = []
    for tensor in case["inputs"]:
        value = from_case(tensor)
        given = InferInput(tensor["name"], list(value.shape), tensor["datatype"])
        given.set_data_from_numpy(value, binary_data=binary)
        inputs.append(given)
    return InferRequest(endpoint, inputs, request_id="seven")


def plain(case, binary):
    """Whether the client itself can hold the case: it knows no BF16, no FP16 in typed contents, and no tensor without
    elements."""
    return all(
        tensor["datatype"] != "BF16" and (binary or tensor["datatype"] != "FP16") and 0 not in tensor["shape"]
        for tensor in case["inputs"] + case["outputs"])


@pytest.mark.parametrize("name", SERVED)
@pytest.mark.parametrize("binary", [False, True])
def test_infer_answers_every_case(zoo, name, binary):
    endpoint = zoo.endpoint(name)
    cases, tolerance = zoo.cases(name)
    cases = [case for case in cases if plain(case, binary)]
    if not cases:
        pytest.skip("the client cannot send this type")

    async def conversation(client):
        return [await client.infer(request_of(endpoint, case, binary)) for case in cases]

    for case, response in zip(cases, run(zoo, conversation), strict=True):
        assert (response.id, response.model_name, response.model_version) == ("seven", endpoint, "1")
        for output, wanted in zip(response.outputs, case["outputs"], strict=True):
            got = output.as_numpy()
            if wanted["datatype"] == "BYTES":
                texts = [text.decode() if isinstance(text, bytes) else text for text in got.ravel()]
                got = numpy.array(texts, object).reshape(got.shape)
            assert_same(got, from_case(wanted), tolerance, f"{name}, {case['title']}")


def test_health(zoo):
    endpoint = zoo.endpoint("addsub")

    async def conversation(client):
        assert await client.is_server_live() and await client.is_server_ready()
        assert await client.is_model_ready(endpoint)
        with pytest.raises(grpc.RpcError):
            await client.is_model_ready("nobody")

    run(zoo, conversation)


def test_load_and_unload_name_the_model_in_field_1(zoo):
    endpoint = zoo.endpoint("addsub", "grpc-kserve")
    with grpc.insecure_channel(zoo.server.grpc_address) as channel:
        stub = GRPCInferenceServiceStub(channel)
        answer = stub.RepositoryModelUnload(RepositoryModelUnloadRequest(model_name=endpoint), timeout=60)
        assert (answer.model_name, answer.isUnloaded) == (endpoint, True)
        answer = stub.RepositoryModelLoad(RepositoryModelLoadRequest(model_name=endpoint), timeout=60)
        assert (answer.model_name, answer.isLoaded) == (endpoint, True)
