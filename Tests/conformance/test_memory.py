"""Large files, many connections and slow ones need little memory, on either side."""

import contextlib
import json
import os
import random
import subprocess

import numpy
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from external_data import external
from raw_http import Raw, request
from recipes import graph, model, node, tensor
from slipway_server import BINARY, REPOSITORY, environment, resident_bytes, wait_until

MEGABYTE = 1 << 20
LARGE = 600 * MEGABYTE
IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A model that looks rows up in a table of 600 MB beside it. Most of the file is zeros, some is noise."""
    folder = tmp_path_factory.mktemp("large") / "table"
    folder.mkdir()
    rows = LARGE // 4 // 64
    with (folder / "table.bin").open("wb") as file:
        file.truncate(LARGE)
        noise = random.Random(4)
        for at in range(0, LARGE, 16 * MEGABYTE):
            file.seek(at)
            file.write(noise.randbytes(4096))
        file.seek((rows - 1) * 64 * 4)
        file.write(numpy.arange(64, dtype="<f4").tobytes())

    class Table:
        shape, nbytes = (rows, 64), LARGE

    whole = graph(
        "table", [node("Gather", ["table", "row"], ["y"])], [tensor("row", "INT64", ["n"])],
        [tensor("y", "FP32", ["n", 64])], [external("table", Table, "table.bin")],
    )  # fmt: skip
    (folder / "model.onnx").write_bytes(model(whole, check=False).SerializeToString())
    yield folder, rows
    (folder / "table.bin").unlink()


def reset_peak(pid):
    """From here on, VmHWM is the most that the process had since."""
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")


def cli_peak(server, *arguments):
    """Runs the command line: its peak of resident memory in bytes, its exit code and what it said."""
    process = subprocess.Popen(
        [str(BINARY), *map(str, arguments), "--server", server.url], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=environment(), text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * 1024, process.returncode, output


def test_a_push_of_600_mb_needs_little_memory_on_either_side(new_server, large):
    folder, rows = large
    server = new_server()
    small_peak, code, output = cli_peak(server, "model", "push", IRIS, "--name", "iris")
    assert code == 0, output
    child = server.children()[0]
    reset_peak(child)
    before = resident_bytes(child)
    peak, code, output = cli_peak(server, "model", "push", folder, "--name", "table")
    assert code == 0, output
    assert "\r" not in output, "no progress bar in a pipe"
    assert peak - small_peak < 100 * MEGABYTE, f"{(peak - small_peak) >> 20} MB more in the command line"
    grown = resident_bytes(child, "VmHWM") - before
    assert grown < 100 * MEGABYTE, f"{grown >> 20} MB more in the server"
    # The same bytes again: nothing is sent and nothing is made.
    _, code, output = cli_peak(server, "model", "push", folder, "--name", "table")
    assert code == 0
    assert "already there" in output
    # And it works.
    server.cli("deploy", "table")
    status, answer = server.infer("table", [{"name": "row", "datatype": "INT64", "shape": [1], "data": [rows - 1]}])
    assert (status, answer["outputs"][0]["data"]) == (200, list(range(64)))


def test_an_upload_that_nobody_takes_waits_at_the_sender(new_server, tmp_path):
    """The server's disk is slower than its network: what it cannot write yet must not pile up in memory."""
    server = new_server("data", "--no-supervisor")
    reset_peak(server.process.pid)
    before = resident_bytes(server.process.pid)
    size = 200 * MEGABYTE
    with contextlib.ExitStack() as stack:
        raws = [stack.enter_context(Raw(server, timeout=60)) for _ in range(4)]
        for number, raw in enumerate(raws):
            digest = f"{number}" * 64
            raw.send(f"PUT /api/v1/spaces/default/blobs/{digest} HTTP/1.1\r\nHost: h\r\n"
                     f"Content-Length: {size}\r\n\r\n".encode())  # fmt: skip
        piece = bytes(MEGABYTE)
        for _ in range(size // MEGABYTE // 4):
            for raw in raws:
                raw.send(piece)
        assert resident_bytes(server.process.pid, "VmHWM") - before < 100 * MEGABYTE
    wait_until(lambda: not list((server.data / "tmp").iterdir()), "the end of the uploads")


def test_two_thousand_connections_cost_little(new_server):
    server = new_server("data", "--no-supervisor")
    server.deploy(IRIS, "iris")
    pid = server.process.pid
    before = resident_bytes(pid)
    body = json.dumps(
        {"inputs": [{"name": "features", "datatype": "FP32", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}]}).encode()
    with contextlib.ExitStack() as stack:
        raws = [stack.enter_context(Raw(server, timeout=30)) for _ in range(2000 if open_files() > 2500 else 400)]
        for raw in raws:
            raw.send(request("POST", "/v2/models/iris/infer", body))
        for raw in raws:
            assert raw.answer().status == 200
        grown = resident_bytes(pid) - before
        assert grown < 40_000 * len(raws), f"{grown // len(raws)} bytes for each connection"


def open_files():
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_large_requests_give_their_memory_back(new_server, models):
    server = new_server("data", "--no-supervisor")
    server.deploy(models / "identity_fp32.onnx", "echo")
    pid = server.process.pid
    count = 4 * MEGABYTE
    header = {"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, count],
                          "parameters": {"binary_data_size": 4 * count}}],
              "parameters": {"binary_data_output": True}}  # fmt: skip
    text = json.dumps(header).encode()
    data = text + bytes(4 * count)

    def ask():
        status, headers, answer = server.request(
            "POST", "/v2/models/echo/infer", data, {"Inference-Header-Content-Length": str(len(text))})
        assert status == 200
        assert len(answer) - int(headers["inference-header-content-length"]) == 4 * count

    for _ in range(3):
        ask()
    before = resident_bytes(pid)
    for _ in range(30):
        ask()
    assert resident_bytes(pid) - before < 64 * MEGABYTE
