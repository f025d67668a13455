"""Predictions over gRPC with tritonclient, unmodified: the same answers as over HTTP, whatever their size."""

import asyncio
import queue
import time

import grpc
import numpy as np
import onnx
import pytest
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
import tritonclient.http as triton_http
from onnx import TensorProto, helper
from tritonclient.utils import InferenceServerException


@pytest.fixture(scope="module")
def copying(server, tmp_path_factory):
    """An endpoint that gives back what it is given."""
    shape = ["rows", "columns"]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "copy",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)])
    path = tmp_path_factory.mktemp("copying") / "copy.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    server.deploy(path, "copy")
    return "copy"


@pytest.fixture
def client(server):
    with triton.InferenceServerClient(server.grpc_address) as client:
        yield client


def values(rows, columns, seed=0):
    return np.random.default_rng(seed).random((rows, columns), dtype=np.float32)


def asked(array, kind=triton):
    given = kind.InferInput("x", array.shape, "FP32")
    given.set_data_from_numpy(array)
    return [given]


@pytest.mark.parametrize("columns", [1, 1000, 16_384, 150_528, 3_000_000])
def test_a_tensor_of_any_size_comes_back_as_it_went(client, copying, columns):
    sent = values(1, columns)
    answer = client.infer(copying, asked(sent), request_id="mine")
    assert np.array_equal(answer.as_numpy("y"), sent)
    assert answer.get_response().id == "mine"


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_answers_are_the_bits_of_http(server, client, copying, rows):
    sent = values(rows, 33)
    with triton_http.InferenceServerClient(server.address) as http:
        expected = http.infer(copying, asked(sent, triton_http)).as_numpy("y")
    assert client.infer(copying, asked(sent)).as_numpy("y").tobytes() == expected.tobytes()


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_messages_may_come_packed(client, copying, packing):
    sent = np.zeros((4, 50_000), np.float32)
    assert np.array_equal(client.infer(copying, asked(sent), compression_algorithm=packing).as_numpy("y"), sent)


def test_a_stream_is_answered_in_order_and_survives_a_failure(client, copying):
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    for number in range(60):
        client.async_stream_infer(
            copying if number % 10 else "nobody", asked(values(1, 1 + number * 3000, number)), request_id=str(number))
    for number in range(60):
        result, error = answers.get(timeout=30)
        if number % 10 == 0:
            assert "nobody" in str(error)
        else:
            assert error is None and result.get_response().id == str(number)
            assert np.array_equal(result.as_numpy("y"), values(1, 1 + number * 3000, number))
    client.stop_stream()


def test_many_calls_at_once_on_one_connection(server, copying):
    async def ask():
        async with triton_aio.InferenceServerClient(server.grpc_address) as client:
            return await asyncio.gather(*[
                client.infer(copying, asked(values(1, 8, number)), request_id=str(number)) for number in range(500)])

    for number, answer in enumerate(asyncio.run(ask())):
        assert answer.get_response().id == str(number)
        assert np.array_equal(answer.as_numpy("y"), values(1, 8, number))


def test_every_answer_has_an_id_of_its_own(server, copying):
    ids = set()
    with grpc.insecure_channel(server.grpc_address) as channel:
        ready = channel.unary_unary("/inference.GRPCInferenceService/ServerReady")
        for _ in range(5):
            _, call = ready.with_call(b"", timeout=10)
            ids.add(dict(call.trailing_metadata())["slipway-prediction-id"])
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary("/inference.GRPCInferenceService/Nothing")(b"", timeout=10)
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    ids.add(dict(refused.value.trailing_metadata())["slipway-prediction-id"])
    assert len(ids) == 6


def test_errors_have_the_codes_of_grpc(client, copying):
    for endpoint, sent, code in [
        ("nobody", values(1, 1), "NOT_FOUND"), (copying, values(1, 1).reshape(1, 1, 1), "INVALID_ARGUMENT"),
    ]:
        with pytest.raises(InferenceServerException) as refused:
            client.infer(endpoint, asked(sent))
        assert code in refused.value.status()


def test_a_space_is_named_by_the_metadata(client, copying):
    with pytest.raises(InferenceServerException, match="nowhere"):
        client.infer(copying, asked(values(1, 1)), headers={"slipway-space": "nowhere"})
    assert client.infer(copying, asked(values(1, 1)), headers={"slipway-space": "default"})


def test_a_server_that_stops_answers_what_is_under_way(new_server, models, tmp_path):
    server = new_server("draining")
    with grpc.insecure_channel(server.grpc_address) as channel:
        live = channel.unary_unary("/inference.GRPCInferenceService/ServerLive")
        live(b"", timeout=10)
        begun = time.monotonic()
        server.process.terminate()
        assert server.process.wait(30) == 0
        assert time.monotonic() - begun < 15
