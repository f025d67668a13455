"""ModelStreamInfer, by NVIDIA's client and by bare gRPC: order, errors within a stream, ends of streams, many at once."""

import asyncio
import contextlib
import queue

import grpc
import pytest
from tritonclient.utils import InferenceServerException

from grpc_cases import assert_case, inputs_of, request_of
from triton_grpc import aio, stubs, sync


@pytest.fixture
def client(zoo):
    with sync.InferenceServerClient(zoo.server.grpc_address) as client:
        yield client


@pytest.fixture
def stub(zoo):
    with grpc.insecure_channel(zoo.server.grpc_address) as channel:
        yield stubs.GRPCInferenceServiceStub(channel)


class Listener:
    """Collects what a stream's callback hears."""

    def __init__(self):
        self.heard = queue.Queue()

    def __call__(self, result, error):
        self.heard.put((result, error))

    def next(self):
        return self.heard.get(timeout=30)


def test_answers_come_in_the_order_of_the_requests(zoo, client):
    fast, slow = zoo.endpoint("addsub"), zoo.endpoint("milliseconds")
    quick, long = zoo.case("addsub", "three rows"), zoo.case("milliseconds")
    listener = Listener()
    client.start_stream(listener)
    for number in range(60):
        if number % 3:
            client.async_stream_infer(fast, inputs_of(quick), request_id=str(number))
        else:
            client.async_stream_infer(slow, inputs_of(long), request_id=str(number))
    for number in range(60):
        result, error = listener.next()
        assert error is None
        assert result.get_response().id == str(number)
        assert_case(result, quick if number % 3 else long, 0 if number % 3 else 1e-3, "stream")
    client.stop_stream()


def test_an_error_is_the_answer_to_its_request_and_does_not_end_the_stream(zoo, client):
    endpoint = zoo.endpoint("addsub")
    case = zoo.case("addsub")
    listener = Listener()
    client.start_stream(listener)
    client.async_stream_infer(endpoint, inputs_of(case))
    client.async_stream_infer("nobody", inputs_of(case))
    client.async_stream_infer(endpoint, inputs_of(case)[:1])
    client.async_stream_infer(endpoint, inputs_of(case), model_version="9")
    client.async_stream_infer(endpoint, inputs_of(case))
    words = [None, "nobody", "'b'", "version 1", None]
    for expected in words:
        result, error = listener.next()
        if expected is None:
            assert error is None
            assert_case(result, case, 0, "after errors")
        else:
            assert result is None
            assert expected in error.message()
    client.stop_stream()


def test_an_error_says_which_request_it_answers(zoo, stub):
    case = zoo.case("addsub")
    (answer,) = stub.ModelStreamInfer(iter([request_of("nobody", case, id="seven")]), timeout=30)
    assert "nobody" in answer.error_message
    assert answer.infer_response.id == "seven"
    assert not answer.infer_response.outputs


def test_a_final_mark_is_given_to_those_who_ask(zoo, client):
    endpoint = zoo.endpoint("addsub")
    case = zoo.case("addsub")
    listener = Listener()
    client.start_stream(listener)
    for wanted in [False, True]:
        client.async_stream_infer(endpoint, inputs_of(case), enable_empty_final_response=wanted)
        result, error = listener.next()
        assert error is None
        parameters = result.get_response().parameters
        assert ("triton_final_response" in parameters) is wanted
        assert parameters["triton_final_response"].bool_param is wanted
    client.stop_stream()


def test_a_stream_without_requests_ends_well(stub):
    assert list(stub.ModelStreamInfer(iter([]), timeout=30)) == []


def test_a_cancelled_stream_frees_the_client_and_the_server(zoo, client):
    slow = zoo.endpoint("milliseconds")
    case = zoo.case("milliseconds")
    listener = Listener()
    client.start_stream(listener)
    for _ in range(200):
        client.async_stream_infer(slow, inputs_of(case))
    listener.next()
    client.stop_stream(cancel_requests=True)
    assert_case(client.infer(slow, inputs_of(case)), case, 1e-3, "after a cancelled stream")


def test_a_streams_deadline_ends_it(zoo, client):
    slow = zoo.endpoint("milliseconds")
    case = zoo.case("milliseconds")
    listener = Listener()
    client.start_stream(listener, stream_timeout=0.2)
    # On a busy machine the time may be up before all is asked, and the client then takes no more.
    with contextlib.suppress(InferenceServerException):
        for _ in range(500):
            client.async_stream_infer(slow, inputs_of(case))
    while True:
        result, error = listener.next()
        if error is not None:
            break
    assert error.status() == "StatusCode.DEADLINE_EXCEEDED"
    client.stop_stream()


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_streams_may_be_packed(zoo, client, packing):
    endpoint = zoo.endpoint("mlp_64_256_256_10")
    case = zoo.case("mlp_64_256_256_10", "32 rows")
    listener = Listener()
    client.start_stream(listener, compression_algorithm=packing)
    for _ in range(5):
        client.async_stream_infer(endpoint, inputs_of(case))
    for _ in range(5):
        result, error = listener.next()
        assert error is None
        assert_case(result, case, 1e-4, packing)
    client.stop_stream()


def test_many_streams_on_one_connection(zoo):
    endpoint = zoo.endpoint("addsub")
    case = zoo.case("addsub", "three rows")

    async def stream(client, name):
        async def requests():
            for number in range(20):
                yield {"model_name": endpoint, "inputs": inputs_of(case), "request_id": f"{name}-{number}"}

        ids = []
        async for result, error in client.stream_infer(requests()):
            assert error is None
            assert_case(result, case, 0, "many streams")
            ids.append(result.get_response().id)
        assert ids == [f"{name}-{number}" for number in range(20)]

    async def conversation():
        async with aio.InferenceServerClient(zoo.server.grpc_address) as client:
            await asyncio.gather(*(stream(client, name) for name in range(100)))

    asyncio.run(conversation())


def test_errors_in_an_asyncio_stream(zoo):
    endpoint = zoo.endpoint("addsub")
    case = zoo.case("addsub")

    async def conversation():
        async with aio.InferenceServerClient(zoo.server.grpc_address) as client:
            async def requests():
                for name in [endpoint, "nobody", endpoint]:
                    yield {"model_name": name, "inputs": inputs_of(case)}

            return [error async for _, error in client.stream_infer(requests())]

    errors = asyncio.run(conversation())
    assert [error is None for error in errors] == [True, False, True]
    assert isinstance(errors[1], InferenceServerException)
