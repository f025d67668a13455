"""KServe's own Python client, unmodified: kserve.InferenceRESTClient with the v1 and the v2 protocol."""

import asyncio

import httpx
import numpy
import pytest
from kserve import InferenceRESTClient, InferInput, InferOutput, InferRequest, InferResponse, RESTConfig
from kserve.errors import UnsupportedProtocol

from tensors import BF16, from_case
from wire import assert_same
from zoo import SERVED


def run(protocol, conversation):
    """Calls `conversation` with a client and returns what it gives."""

    async def held():
        async with InferenceRESTClient(RESTConfig(protocol=protocol, retries=0, verify=False)) as client:
            return await conversation(client)

    return asyncio.run(held())


def request_of(endpoint, case, binary):
    inputs = []
    for tensor in case["inputs"]:
        value = from_case(tensor)
        given = InferInput(tensor["name"], list(value.shape), tensor["datatype"])
        given.set_data_from_numpy(value, binary_data=binary)
        inputs.append(given)
    return InferRequest(endpoint, inputs, request_id="seven", parameters={"binary_data_output": binary})


def plain(case, binary):
    """Whether the client itself can hold the case: it knows no BF16, no FP16 in JSON, and no tensor without elements."""
    return all(
        tensor["datatype"] != "BF16" and (binary or tensor["datatype"] != "FP16") and tensor["data"] is not None
        and 0 not in tensor["shape"] for tensor in case["inputs"] + case["outputs"])


@pytest.mark.parametrize("name", SERVED)
@pytest.mark.parametrize("binary", [False, True])
def test_v2_infer_answers_every_case(zoo, name, binary):
    endpoint = zoo.endpoint(name)
    cases, tolerance = zoo.cases(name)
    cases = [case for case in cases if plain(case, binary)]
    if not cases:
        pytest.skip("the client cannot send this type")

    async def conversation(client):
        return [await client.infer(zoo.server.url, request_of(endpoint, case, binary), model_name=endpoint)
                for case in cases]

    for case, response in zip(cases, run("v2", conversation), strict=True):
        assert isinstance(response, InferResponse)
        assert (response.id, response.model_name) == ("seven", endpoint)
        for output, wanted in zip(response.outputs, case["outputs"], strict=True):
            assert isinstance(output, InferOutput)
            assert (output.name, output.datatype, output.shape) == (
                wanted["name"], wanted["datatype"], wanted["shape"])
            got, expected = output.as_numpy(), from_case(wanted)
            if expected.dtype == object:
                texts = [text.decode() if isinstance(text, bytes) else text for text in got.ravel()]
                got = numpy.array(texts, object).reshape(got.shape)
            assert_same(got, expected, tolerance, f"{name} {wanted['name']}, binary {binary}")


def test_v2_health(zoo):
    endpoint = zoo.endpoint("addsub")

    async def conversation(client):
        return [
            await client.is_server_live(zoo.server.url),
            await client.is_server_ready(zoo.server.url),
            await client.is_model_ready(zoo.server.url, endpoint),
            await client.is_model_ready(zoo.server.url, "nobody"),
            await client.is_server_ready(zoo.server.url + "/spaces/default"),
        ]

    assert run("v2", conversation) == [True, True, True, False, True]


def test_v2_with_a_dictionary(zoo):
    endpoint = zoo.endpoint("addsub")
    body = {"inputs": [{"name": name, "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]} for name in "ab"]}

    async def conversation(client):
        headers = {}
        response = await client.infer(
            zoo.server.url, body, model_name=endpoint, headers={"X-Mine": "yes"}, response_headers=headers)
        return response, headers

    response, headers = run("v2", conversation)
    assert response.get_output_by_name("sum").as_numpy().tolist() == [[2, 4, 6, 8]]
    assert len(headers["slipway-prediction-id"]) == 32


def test_v1_health(zoo):
    endpoint = zoo.endpoint("addsub")
    unloaded = zoo.endpoint("addsub", "kserve-unloaded")
    assert zoo.server.json("POST", f"/v2/repository/models/{unloaded}/unload")[0] == 200

    async def conversation(client):
        assert await client.is_server_live(zoo.server.url) is True
        assert await client.is_model_ready(zoo.server.url, endpoint) is True
        assert await client.is_model_ready(zoo.server.url, unloaded) is False
        with pytest.raises(httpx.HTTPStatusError, match="nobody"):
            await client.is_model_ready(zoo.server.url, "nobody")
        # The client itself has no such question in v1.
        with pytest.raises(UnsupportedProtocol):
            await client.is_server_ready(zoo.server.url)

    run("v1", conversation)


@pytest.mark.parametrize("name", ["classifier", "mlp_64_256_256_10", "identity_fp32", "identity_bytes"])
def test_v1_infer(zoo, name):
    endpoint = zoo.endpoint(name)
    case, tolerance = zoo.case(name), zoo.cases(name)[1]
    rows = from_case(case["inputs"][0]).tolist()

    async def conversation(client):
        return await client.infer(zoo.server.url, {"instances": rows}, model_name=endpoint)

    answer = run("v1", conversation)
    expected = from_case(case["outputs"][0])
    assert_same(numpy.array(answer["predictions"], expected.dtype), expected, tolerance)


def test_v1_infer_with_several_inputs(zoo):
    endpoint = zoo.endpoint("addsub")

    async def conversation(client):
        instances = [{"a": [1, 2, 3, 4], "b": [4, 3, 2, 1]}, {"b": [0, 0, 0, 0], "a": [1, 1, 1, 1]}]
        return await client.infer(zoo.server.url, {"instances": instances}, model_name=endpoint)

    assert run("v1", conversation) == {"predictions": [
        {"sum": [5, 5, 5, 5], "diff": [-3, -1, 1, 3]}, {"sum": [1, 1, 1, 1], "diff": [1, 1, 1, 1]}]}


def test_refusals_reach_the_caller_with_status_and_reason(zoo):
    endpoint = zoo.endpoint("addsub")

    async def v2(client):
        with pytest.raises(httpx.HTTPStatusError, match="nobody") as refusal:
            await client.infer(zoo.server.url, request_of("nobody", zoo.case("addsub"), True), model_name="nobody")
        assert refusal.value.response.status_code == 404
        with pytest.raises(httpx.HTTPStatusError, match="inputs") as refusal:
            await client.infer(zoo.server.url, {"inputs": []}, model_name=endpoint)
        assert refusal.value.response.status_code == 400

    async def v1(client):
        with pytest.raises(httpx.HTTPStatusError, match="instances") as refusal:
            await client.infer(zoo.server.url, {}, model_name=endpoint)
        assert refusal.value.response.status_code == 400
        # There are no explanations, and the client hears so.
        with pytest.raises(httpx.HTTPStatusError) as refusal:
            await client.explain(zoo.server.url, endpoint, {"instances": [[1]]})
        assert refusal.value.response.status_code in (404, 405)

    run("v2", v2)
    run("v1", v1)
