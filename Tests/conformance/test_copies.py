"""How often the bytes of a large tensor are copied between the socket and the model: once at most."""

import json
import platform
import struct
import subprocess

import numpy
import onnx
import pytest
import tritonclient.grpc as grpcclient
from recipes import graph, model, node, tensor
from slipway_server import REPOSITORY

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="copies.c moves bytes with an x86 instruction")
SHAPE = (1, 3, 224, 224)
REQUESTS = 40


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    library = tmp_path_factory.mktemp("copies") / "copies.so"
    source = REPOSITORY / "Tests" / "conformance" / "copies.c"
    # Without built-ins, or the compiler makes memmove out of a loop inside memmove.
    subprocess.run(["cc", "-O2", "-fno-builtin", "-fno-tree-loop-distribute-patterns", "-shared", "-fPIC", "-o", library, source], check=True)
    return library


@pytest.fixture
def counted(new_server, shim, tmp_path):
    """A server whose large copies are counted, with a model that reads an image and answers three numbers."""
    counter = tmp_path / "counter"
    counter.write_bytes(bytes(16))
    whole = graph(
        "means", [node("GlobalAveragePool", ["x"], ["pooled"]), node("Flatten", ["pooled"], ["means"])],
        [tensor("x", "FP32", ["batch", *SHAPE[1:]])], [tensor("means", "FP32", ["batch", 3])])
    path = tmp_path / "means.onnx"
    onnx.save(model(whole), path)
    server = new_server(env={"LD_PRELOAD": str(shim), "COPY_COUNTER": str(counter)})
    server.deploy(path, "means")
    return server, lambda: struct.unpack("<2Q", counter.read_bytes())


@pytest.fixture
def image():
    return numpy.random.default_rng(5).normal(0, 1, SHAPE).astype(numpy.float32)


def check(answer, image):
    assert numpy.allclose(answer, image.mean(axis=(2, 3)), rtol=1e-4, atol=1e-5)


def test_a_binary_tensor_over_http_is_copied_at_most_once(counted, image):
    server, copies = counted
    head = json.dumps({
        "inputs": [{"name": "x", "shape": SHAPE, "datatype": "FP32",
                    "parameters": {"binary_data_size": image.nbytes}}]}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head)), "Content-Type": "application/octet-stream"}

    def ask():
        status, _, answer = server.request("POST", "/v2/models/means/infer", head + image.tobytes(), headers)
        assert status == 200, answer
        check(json.loads(answer)["outputs"][0]["data"], image)

    check_copies(copies, ask, image)


def test_a_raw_tensor_over_grpc_is_copied_at_most_once(counted, image):
    server, copies = counted
    with grpcclient.InferenceServerClient(server.grpc_address) as client:
        given = grpcclient.InferInput("x", SHAPE, "FP32")
        given.set_data_from_numpy(image)
        check_copies(copies, lambda: check(client.infer("means", [given]).as_numpy("means"), image), image)


def check_copies(copies, ask, image):
    ask()
    before = copies()
    for _ in range(REQUESTS):
        ask()
    moved = copies()[0] - before[0]
    print(f"{moved / REQUESTS / image.nbytes:.3f} copies of {image.nbytes} bytes")
    assert moved <= 1.01 * REQUESTS * image.nbytes
    # What comes in pieces has to be put together: less than this, and nothing was counted.
    assert moved >= 0.5 * REQUESTS * image.nbytes
