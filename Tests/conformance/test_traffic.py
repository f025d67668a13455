"""Who gets which version while a rollout is open, on a real server: weights, keys, labels, headers, over HTTP and gRPC."""

import json
import math
import time

import numpy
import onnx
import pytest
import tritonclient.grpc as grpcclient
from recipes import constant, graph, model, node, tensor
from slipway_server import wait_until
from tritonclient.utils import InferenceServerException

BODY = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]}).encode()
REQUESTS = 100_000
# Of a normal distribution 99.9% lie within so many standard deviations.
DEVIATIONS = 3.29


def write(folder, number):
    """y = 2x: the versions differ in their documentation alone."""
    whole = graph("doubling", [node("Mul", ["x", "two"], ["y"])], [tensor("x", "FP32", ["batch", 2])],
                  [tensor("y", "FP32", ["batch", 2])], [constant("two", numpy.float32(2))])
    path = folder / f"doubling-{number}.onnx"
    onnx.save(model(whole, f"version {number}"), path)
    return path


@pytest.fixture
def server(new_server, tmp_path):
    """`churn:1` serves at `churn`, `churn:2` is there."""
    server = new_server()
    server.cli("model", "push", write(tmp_path, 1), "--name", "churn")
    server.cli("deploy", "churn:1")
    server.cli("model", "push", write(tmp_path, 2), "--name", "churn")
    return server


def start(server, *flags):
    server.cli("rollout", "start", "churn", "--to", "churn:2", *flags)


def ask(server, path="/v2/models/churn/infer", body=BODY, **headers):
    return server.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})


def answered_by(server, path="/v2/models/churn/infer", body=BODY, **headers):
    """The variant and the version that answered."""
    status, fields, answer = ask(server, path, body, **headers)
    assert status == 200, answer
    return fields.get("slipway-variant"), json.loads(answer).get("model_version")


def variants(server, count, fields=lambda number: ""):
    """Which variant answered each of `count` requests, sent a hundred at a time over one connection."""
    found = []
    with server.connect(timeout=60) as connection:
        stream = connection.makefile("rb")
        for first in range(0, count, 100):
            numbers = range(first, min(first + 100, count))
            connection.sendall(b"".join(
                f"POST /v2/models/churn/infer HTTP/1.1\r\nHost: a\r\nContent-Length: {len(BODY)}\r\n{fields(number)}\r\n"
                .encode() + BODY for number in numbers))
            for _ in numbers:
                length, variant, status = 0, None, stream.readline()
                assert b" 200 " in status, status
                while (line := stream.readline()) != b"\r\n":
                    if line.startswith(b"content-length:"):
                        length = int(line[15:])
                    elif line.startswith(b"slipway-variant:"):
                        variant = line[16:].strip().decode()
                stream.read(length)
                found.append(variant)
    return found


def restart(server):
    """Folder and port are free once the last process of the killed server is gone, which on a busy machine takes a moment."""
    server.kill()
    deadline = time.monotonic() + 30
    while True:
        try:
            return server.start()
        except AssertionError as error:
            if "is in use" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def check_share(found, variant, share):
    count, deviation = found.count(variant), math.sqrt(len(found) * share * (1 - share))
    print(f"{count} of {len(found)} requests for a weight of {share:.0%}")
    assert abs(count - len(found) * share) <= DEVIATIONS * deviation


def test_over_100_000_requests_a_weight_holds_within_a_binomial_interval_of_99_9_percent(server):
    start(server, "--steps", "5,100", "--hold", "1h")
    check_share(variants(server, REQUESTS), "canary", 0.05)


def test_callers_keep_their_variant_over_requests_restarts_and_steps(server):
    start(server, "--steps", "25,100", "--hold", "1h", "--sticky", "header:user-id")

    def users():
        return variants(server, 2000, lambda number: f"User-Id: user-{number}\r\n")

    before = users()
    check_share(before, "canary", 0.25)
    assert users() == before
    restart(server)
    assert users() == before
    # Without the header, chance decides.
    assert set(variants(server, 200)) == {"stable", "canary"}


def test_labels_and_the_header_name_a_variant_over_http(server):
    start(server, "--steps", "50,100", "--hold", "1h")
    infer = "/v2/models/churn/versions/{}/infer"
    for label in ["1", "v:1", "stable"]:
        assert answered_by(server, infer.format(label)) == ("stable", "1")
    for label in ["2", "v:2", "canary"]:
        assert answered_by(server, infer.format(label)) == ("canary", "2")
    for variant, version in [("stable", "1"), ("canary", "2")]:
        assert answered_by(server, slipway_variant=variant) == (variant, version)
    rows = json.dumps({"instances": [[1, 2]]}).encode()
    for path, variant in [("versions/2", "canary"), ("labels/canary", "canary"), ("labels/stable", "stable")]:
        status, fields, answer = ask(server, f"/v1/models/churn/{path}:predict", rows)
        assert (status, fields["slipway-variant"]) == (200, variant), answer
    for path, headers, code, text in [
        (infer.format("7"), {}, 404, "has no version '7'; it has 'stable' (version 1), 'canary' (version 2)"),
        (infer.format("blue"), {}, 404, "has no label 'blue'"),
        ("/v2/models/churn/infer", {"slipway_variant": "blue"}, 404, "has no variant 'blue'"),
        (infer.format("stable"), {"slipway_variant": "canary"}, 400, "the path means version 1"),
    ]:
        status, _, answer = ask(server, path, **headers)
        assert status == code and text in json.loads(answer)["error"], answer
    server.cli("rollout", "abort", "churn", "--reason", "seen enough")
    assert answered_by(server) == (None, "1")
    status, _, answer = ask(server, infer.format("canary"))
    assert status == 404 and "no rollout is open" in json.loads(answer)["error"], answer


def test_labels_metadata_and_parameters_name_a_variant_over_grpc(server):
    start(server, "--steps", "50,100", "--hold", "1h", "--sticky", "parameter:user")
    given = grpcclient.InferInput("x", (1, 2), "FP32")
    given.set_data_from_numpy(numpy.array([[1, 2]], numpy.float32))
    with grpcclient.InferenceServerClient(server.grpc_address) as client:
        def version(label="", headers=None, **extra):
            answer = client.infer("churn", [given], model_version=label, headers=headers, **extra)
            return answer.get_response().model_version

        for label in ["1", "v:1", "stable"]:
            assert version(label) == "1"
        for label in ["2", "v:2", "canary"]:
            assert version(label) == "2"
        assert version(headers={"slipway-variant": "canary"}) == "2"
        assert version(headers={"slipway-variant": "stable"}) == "1"
        seen = {}
        for user in range(40):
            body = json.loads(BODY) | {"parameters": {"user": f"user-{user}"}}
            _, seen[user] = answered_by(server, body=json.dumps(body).encode())
            assert version(parameters={"user": f"user-{user}"}) == seen[user]
        assert set(seen.values()) == {"1", "2"}
        with pytest.raises(InferenceServerException, match="has no label 'blue'"):
            version("blue")
        with pytest.raises(InferenceServerException, match="the path means version 1"):
            version("stable", headers={"slipway-variant": "canary"})


def test_metrics_have_each_variant_while_a_rollout_is_open(server):
    start(server, "--steps", "50,100", "--hold", "1h")
    found = variants(server, 200)
    page = server.request("GET", "/metrics")[2].decode()
    for variant, version in [("stable", 1), ("canary", 2)]:
        labels = f'space="default",endpoint="churn",version="{version}",rollout="1",variant="{variant}"'
        assert f"slipway_variant_weight{{{labels}}} 0.5" in page
        assert f"slipway_variant_requests_total{{{labels}}} {found.count(variant)}" in page
        assert f'nv_inference_request_success{{model="churn",version="{version}",space="default"}} {found.count(variant)}' in page
    server.cli("rollout", "abort", "churn", "--reason", "seen enough")
    assert "slipway_variant" not in server.request("GET", "/metrics")[2].decode()


def test_a_shadow_candidate_sees_the_requests_and_answers_nobody(server):
    start(server, "--strategy", "shadow")
    found = variants(server, 300)
    assert set(found) == {"stable"}

    def count(what):
        page = server.request("GET", "/metrics")[2].decode()
        return next(int(float(line.split()[-1])) for line in page.splitlines()
                    if line.startswith(f"slipway_shadow_{what}_total"))

    wait_until(lambda: count("rows") + count("dropped") == 300, "the comparison")
    assert count("mirrored") == 300 and count("errors") == 0 and count("rows_apart") == 0
