"""A thousand versions, one after the other, and a hundred times back, under load over HTTP and gRPC: nobody fails, nobody is
misled, and memory stays where it was."""

import http.client
import json
import threading
import time

import numpy
import onnx
import pytest
import tritonclient.grpc as triton

from recipes import constant, graph, model, node, tensor
from slipway_server import resident_bytes

VERSIONS = 16
SWAPS = 1000
BACK = 100
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def adders(tmp_path_factory):
    """Models that add 1000, 2000, 3000 ...: an answer says which version made it."""
    folder = tmp_path_factory.mktemp("adders")
    for version in range(1, VERSIONS + 1):
        made = model(graph(
            "adder", [node("Add", ["x", "constant"], ["y"])], [tensor("x", "FP32", ["batch", 3])],
            [tensor("y", "FP32", ["batch", 3])], [constant("constant", numpy.float32(1000 * version))]))
        onnx.save(made, folder / f"{version}.onnx")
    return folder


class Life:
    """Which versions may have answered when: from the moment a deploy is asked for until the next one is acknowledged."""

    def __init__(self):
        self.spans = []  # [version, from, until]

    def asked(self, version):
        self.spans.append([version, time.monotonic(), None])

    def acknowledged(self):
        now = time.monotonic()
        for span in self.spans[-4:-1]:
            span[2] = span[2] or now

    def allows(self, version, sent, received):
        return any(
            span[0] == version and span[1] <= received and (span[2] is None or span[2] >= sent)
            for span in reversed(self.spans))


class Load:
    """Threads that ask some hundred times a second each, and write down each answer: (version, value, sent, received)."""

    # Without it they take the processors from what is swapped.
    PAUSE = 0.002

    def __init__(self, server):
        self.server = server
        self.answers = []
        self.failures = []
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.over_http, args=(rows,), daemon=True) for rows in (1, 1, 4000)]
        self.threads += [threading.Thread(target=self.over_grpc, args=(rows,), daemon=True) for rows in (1, 4000)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()

    def ask(self, once):
        """`once` answers (version, value)."""
        while not self.ending.is_set():
            sent = time.monotonic()
            try:
                version, value = once()
            except Exception as error:
                self.failures.append(error)
                return
            self.answers.append((version, value, sent, time.monotonic()))
            time.sleep(self.PAUSE)

    def over_http(self, rows):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        inputs = [{"name": "x", "datatype": "FP32", "shape": [rows, 3], "parameters": {"binary_data_size": 12 * rows}}]
        text = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
        body = text + numpy.arange(3 * rows, dtype="<f4").tobytes()
        headers = {"Inference-Header-Content-Length": str(len(text))}

        def once():
            connection.request("POST", "/v2/models/adder/infer", body, headers)
            response = connection.getresponse()
            answer = response.read()
            assert response.status == 200, answer
            length = int(response.headers["Inference-Header-Content-Length"])
            values = numpy.frombuffer(answer[length:], "<f4")
            return int(json.loads(answer[:length])["model_version"]), self.added(values, rows)

        self.ask(once)
        connection.close()

    def over_grpc(self, rows):
        x = triton.InferInput("x", [rows, 3], "FP32")
        x.set_data_from_numpy(numpy.arange(3 * rows, dtype=numpy.float32).reshape(rows, 3))
        with triton.InferenceServerClient(self.server.grpc_address) as client:

            def once():
                result = client.infer("adder", [x])
                values = result.as_numpy("y").ravel()
                return int(result.get_response().model_version), self.added(values, rows)

            self.ask(once)

    @staticmethod
    def added(values, rows):
        """What was added, the same to every number."""
        difference = values - numpy.arange(3 * rows, dtype=numpy.float32)
        assert (difference == difference[0]).all(), "one answer of two versions"
        return int(difference[0])


def deployed(new_server, adders, **options):
    server = new_server("data", "--no-supervisor")
    for version in range(1, VERSIONS + 1):
        server.push_file(adders / f"{version}.onnx", "adder")
    server.put_deployment("adder", "adder", version=1, options=options)
    return server


class Turns:
    """Deploys and rollbacks, each of which has to be seen by whoever asks next."""

    def __init__(self, server, **options):
        self.server = server
        self.options = options
        self.life = Life()
        self.life.asked(1)

    def deploy(self, version):
        self.life.asked(version)
        self.server.put_deployment("adder", "adder", version=version, options=self.options)
        self.seen(version)

    def roll_back(self, version):
        """To `version`, which served before."""
        self.life.asked(version)
        status, answer = self.server.json("POST", "/api/v1/spaces/default/deployments/adder/rollback")
        assert (status, answer["version"]) == (200, version), answer
        self.seen(version)

    def seen(self, version):
        self.life.acknowledged()
        status, answer = self.server.infer(
            "adder", [{"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [0, 0, 0]}])
        assert (status, answer["model_version"], answer["outputs"][0]["data"]) == (
            200, str(version), [1000 * version] * 3)

    def explains(self, load):
        """Every answer is of a version that served while it was made, and says so."""
        assert not load.failures, load.failures[:3]
        for version, value, sent, received in load.answers:
            assert value == 1000 * version, f"version {version} answered as {value // 1000} would"
            assert self.life.allows(version, sent, received), (
                f"version {version} did not serve between {sent} and {received}")


def test_a_thousand_swaps_and_a_hundred_back_under_load(new_server, adders):
    server = deployed(new_server, adders)
    turns = Turns(server)
    with Load(server) as load:
        for swap in range(SWAPS):
            turns.deploy(1 + (swap + 1) % VERSIONS)
            assert not load.failures, load.failures[:3]
            if swap == 50:
                early = resident_bytes(server.process.pid)
        late = resident_bytes(server.process.pid)
        turns.deploy(5)
        turns.deploy(6)
        for back in range(BACK):
            turns.roll_back(5 + back % 2)
            assert not load.failures, load.failures[:3]
    assert len(load.answers) > SWAPS
    turns.explains(load)
    assert late - early < 20 * MEGABYTE, f"{(late - early) / MEGABYTE:.1f} MB more after {SWAPS} swaps"


def test_swaps_of_workers_under_load(new_server, adders):
    server = deployed(new_server, adders, isolation="worker")
    turns = Turns(server, isolation="worker")
    with Load(server) as load:
        for swap in range(20):
            turns.deploy(1 + (swap + 1) % VERSIONS)
            assert not load.failures, load.failures[:3]
        for back in range(10):
            turns.roll_back(4 if back % 2 == 0 else 5)
    assert len(load.answers) > 20
    turns.explains(load)
