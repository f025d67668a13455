"""What `slipway serve` can be told, by flag, environment and file; what it refuses to start with; TLS; its processes."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

import grpc
import pytest

from certificates import Authority
from raw_http import Raw, request
from slipway_server import BINARY, SlipwayServer, environment, free_port, wait_gone, wait_until


def serve(*arguments, env=None, timeout=20, cwd=None):
    """A server that is expected not to start."""
    return subprocess.run(
        [str(BINARY), "serve", *map(str, arguments)], capture_output=True, text=True, timeout=timeout, cwd=cwd,
        stdin=subprocess.DEVNULL, env=environment(**(env or {})))


def assert_refused(result, *words, code=78):
    assert result.returncode == code, result
    assert result.stderr.startswith(("slipway: ", "Error: ", "error: ")), result.stderr
    assert len(result.stderr.splitlines()) < 12, result.stderr
    for word in words:
        assert re.search(word, result.stderr), result.stderr


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def config(tmp_path):
    """Writes a configuration file."""

    def write(text):
        path = tmp_path / "slipway.yaml"
        path.write_text(text)
        return path

    return write


# What is refused -------------------------------------------------------------------------------------------------


def test_an_unknown_key_is_refused_with_its_line_and_the_known_ones(config, folder):
    result = serve("--config", config("port: 0\nprot: 8080\n"), "--data-dir", folder)
    assert_refused(result, "prot", "slipway.yaml:2", "data_dir")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port: abc", "port must be a whole number, got 'abc'"),
        ("port: 8080.5", "port must be a whole number"),
        ("port: 99999999999999999999", "port"),
        ("port: 65536", "port must be from 0 to 65535, got 65536"),
        ("port: -1", "port must be"),
        ("grpc_port: 65536", "grpc_port must be from 0 to 65535, got 65536"),
        ("port: [1, 2]", "slipway.yaml:1"),
        ("port: {a: 1}", "slipway.yaml:1"),
        ("insecure: maybe", "insecure must be true or false, got 'maybe'"),
        ("idle_timeout_seconds: 0", "idle_timeout_seconds must be from 1"),
        ("drain_seconds: -1", "drain_seconds must be"),
        ("max_management_body_bytes: 1", "max_management_body_bytes must be"),
        ("log_level: loud", "log_level"),
        ("- port", "name: value"),
        ("just a text", "name: value"),
        ("port: [", "not YAML"),
        ("port: 1\nport: 2", "port|not YAML"),
        ("? [a, b]\n: 1", "name: value"),
        ("tls_cert: cert.pem", "TLS needs both"),
    ],
)
def test_a_wrong_file_is_refused(config, folder, text, words):
    # A flag would win over what the file says, and so would a variable.
    port = [] if "port" in text else ["--port", 0]
    result = serve("--config", config(text), "--data-dir", folder, *port, env={"SLIPWAY_GRPC_PORT": ""})
    assert_refused(result, words)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SLIPWAY_PORT", "abc"), ("SLIPWAY_PORT", "70000"), ("SLIPWAY_INSECURE", "perhaps"),
     ("SLIPWAY_DRAIN_SECONDS", "1.5"), ("SLIPWAY_LOG_LEVEL", "loud"), ("SLIPWAY_COMPUTE_THREADS", "0")],
)  # fmt: skip
def test_a_wrong_variable_is_refused_by_its_name(folder, variable, value):
    result = serve("--data-dir", folder, env={variable: value})
    assert_refused(result, variable.removeprefix("SLIPWAY_").lower())
    assert not folder.exists()


def test_a_file_that_is_not_there_is_refused(folder, tmp_path):
    assert_refused(serve("--config", tmp_path / "nowhere.yaml", "--data-dir", folder), "nowhere.yaml")
    assert_refused(serve("--config", tmp_path, "--data-dir", folder), str(tmp_path))


@pytest.mark.parametrize("flags", [["--port", "abc"], ["--prot", "1"], ["extra"], ["--port"]])
def test_wrong_flags_are_wrong_usage(flags):
    assert_refused(serve(*flags), "Usage|usage", code=64)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "127.0.0.1.example.com", "localhost.example.com"])
def test_an_address_beyond_this_machine_is_refused_with_what_to_add(folder, host):
    result = serve("--data-dir", folder, "--host", host, "--port", 0)
    assert_refused(result, "--insecure", re.escape(host))
    assert not folder.exists()


def test_insecure_opens_the_address(new_server):
    server = new_server("data", "--host", "0.0.0.0", "--insecure")
    assert "--insecure" in server.log_text()
    assert server.json("GET", "/v2/health/ready") == (200, {"ready": True})


def test_a_port_in_use_is_refused_with_what_to_do(new_server, tmp_path):
    first = new_server()
    for flags in [[], ["--no-supervisor"]]:
        result = serve("--data-dir", tmp_path / "other", "--port", first.port, *flags)
        assert_refused(result, f"127.0.0.1:{first.port}", "in use", "--port")
        assert not (tmp_path / "other").exists()
        result = serve("--data-dir", tmp_path / "other", "--port", 0, "--grpc-port", first.grpc_port, *flags)
        assert_refused(result, f"127.0.0.1:{first.grpc_port}", "in use", "--grpc-port")
        assert not (tmp_path / "other").exists()
    assert first.json("GET", "/v2/health/ready") == (200, {"ready": True})


def test_one_port_for_both_protocols_is_refused(folder):
    port = free_port()
    assert_refused(serve("--data-dir", folder, "--port", port, "--grpc-port", port), "--grpc-port", str(port))


def test_an_address_that_is_not_ours_is_refused(folder):
    result = serve("--data-dir", folder, "--host", "192.0.2.1", "--insecure", "--port", 0)
    assert_refused(result, "192.0.2.1")


def test_a_runtime_that_is_not_there_is_told_at_the_first_push_and_by_the_doctor(new_server, examples, tmp_path):
    server = new_server("data", "--onnxruntime", str(tmp_path / "libnothing.so"))
    result = server.cli("model", "push", examples / "iris" / "model.onnx", "--name", "iris", check=False)
    assert result.returncode == 1
    assert "libnothing.so" in result.stderr
    assert server.json("GET", "/v2/health/ready") == (200, {"ready": True})


# Precedence ------------------------------------------------------------------------------------------------------


def test_a_flag_wins_over_the_environment_and_that_over_the_file(config, tmp_path):
    ports = {name: free_port() for name in ["flag", "environment", "file"]}
    path = config(f"port: {ports['file']}\ndata_dir: {tmp_path / 'by-file'}\nlog_level: warning\n")
    for sources, expected in [
        (["flag", "environment", "file"], "flag"), (["environment", "file"], "environment"), (["file"], "file"),
    ]:  # fmt: skip
        arguments = ["--config", str(path)]
        if "flag" in sources:
            arguments += ["--port", str(ports["flag"]), "--data-dir", str(tmp_path / "by-flag")]
        extra = {}
        if "environment" in sources:
            extra = {"SLIPWAY_PORT": str(ports["environment"]), "SLIPWAY_DATA_DIR": str(tmp_path / "by-environment")}
        with running(arguments, extra, ports[expected], tmp_path) as server:
            info = server.json("GET", "/api/v1/server")[1]
            assert info["httpPort"] == ports[expected]
            assert info["dataFolder"] == str(tmp_path / f"by-{expected}")


class running:
    """A server started with exactly these arguments."""

    def __init__(self, arguments, env, port, folder):
        self.server = SlipwayServer(folder / "unused", log=folder / "running.log", port=port)
        self.arguments = arguments
        self.env = env

    def __enter__(self):
        with self.server.log.open("ab") as log:
            self.server.process = subprocess.Popen(
                [str(BINARY), "serve", *self.arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment(**self.env))
        self.server.wait_ready()
        return self.server

    def __exit__(self, *_):
        self.server.kill()


def test_every_setting_of_the_documentation_can_be_set_in_the_file(config, tmp_path):
    port, grpc_port = free_port(), free_port()
    text = f"""
# Everything there is, at values that are not the default.
data_dir: {tmp_path / "data"}
host: localhost
port: {port}
grpc_port: {grpc_port}
insecure: false
supervisor: no
event_loops: 1
compute_threads: 3
queue_limit: 5
max_management_body_bytes: 100000
max_upload_bytes: 1000000
max_connections: 500
max_request_line_bytes: 1000
max_header_bytes: 2000
max_header_count: 20
max_chunk_line_bytes: 100
max_body_memory_bytes: 70000000
min_body_bytes_per_second: 10
http2_max_streams: 10
http2_max_unsent_bytes: 1000000
http2_max_resets_per_second: 11
http2_max_pings_per_second: 12
http2_max_settings_per_second: 13
grpc_idle_timeout_seconds: 14
write_timeout_seconds: 11
idle_timeout_seconds: 9
header_timeout_seconds: 8
body_timeout_seconds: 7
drain_seconds: 3
check_load_seconds: 20
check_trial_seconds: 5
check_memory_bytes: 2000000000
log_level: warning
"""
    with running(["--config", str(config(text))], {"SLIPWAY_GRPC_PORT": ""}, port, tmp_path) as server:
        info = server.json("GET", "/api/v1/server")[1]
        assert (info["httpPort"], info["grpcPort"]) == (port, grpc_port)
        assert server.children() == [], "supervisor: no"
        # A blob of more bytes than max_upload_bytes.
        status, answer = server.json("PUT", "/api/v1/spaces/default/blobs/" + "ab" * 32, b"x" * 1_000_001)
        assert status == 413, answer
        status, answer = server.json("PUT", "/api/v1/spaces/default/deployments/d", b" " * 100_001)
        assert status == 413, answer
        assert server.terminate() == 0


def test_port_0_takes_a_free_one_and_says_which(tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(BINARY), "serve", "--port", "0", "--data-dir", str(tmp_path / "data")], stdin=subprocess.DEVNULL,
            stdout=output, stderr=output, env=environment())
    try:
        wait_until(lambda: re.search(r"answers at http://127\.0\.0\.1:\d+", log.read_text()), "its address")
        port = int(re.search(r"127\.0\.0\.1:(\d+)", log.read_text())[1])
        assert SlipwayServer(tmp_path / "data", port=port).json("GET", "/v2/health/live") == (200, {"live": True})
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_an_ipv6_address_is_served(tmp_path):
    if not ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    port = free_port()
    server = SlipwayServer(tmp_path / "data", flags=["--host", "::1"], port=port, log=tmp_path / "log")
    server.spawn()
    try:
        wait_until(lambda: "answers at" in server.log_text(), "its address")
        assert f"http://[::1]:{port}" in server.log_text()
        result = subprocess.run(
            [str(BINARY), "status", "--server", f"http://[::1]:{port}"], capture_output=True, text=True,
            env=environment())
        assert result.returncode == 0, result
    finally:
        server.kill()


def ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
            return True
    except OSError:
        return False


# TLS -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate authority; call it with a name to get a certificate for 127.0.0.1 and localhost: (cert, key)."""
    return Authority(tmp_path_factory.mktemp("authority"))


class TLSServer(SlipwayServer):
    def __init__(self, folder, cert, key, ca, flags=()):
        super().__init__(
            folder / "data", flags=["--tls-cert", str(cert), "--tls-key", str(key), *flags], log=folder / "tls.log")
        self.ca = ca

    def start(self):
        self.spawn()
        wait_until(lambda: "answers at" in self.log_text() or self.process.poll() is not None, "the start")
        assert self.process.poll() is None, self.log_text()
        return self

    def context(self, **options):
        context = ssl.create_default_context(cafile=str(self.ca))
        for name, value in options.items():
            setattr(context, name, value)
        return context

    def secure(self, **options):
        raw = self.connect()
        return self.context(**options).wrap_socket(raw, server_hostname="127.0.0.1")

    def cli(self, *arguments, ca=True, url=None):
        flags = ["--server", url or f"https://127.0.0.1:{self.port}", *(["--ca-cert", str(self.ca)] if ca else [])]
        return subprocess.run(
            [str(BINARY), *map(str, arguments), *flags], capture_output=True, text=True, env=environment(), timeout=60)


@pytest.fixture
def tls(tmp_path, authority):
    """A server with TLS, and the places of its certificate and key."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    place(authority("first"), cert, key)
    server = TLSServer(tmp_path, cert, key, authority.ca).start()
    server.place = lambda name: place(authority(name), cert, key)
    server.cert, server.key = cert, key
    yield server
    server.kill()


def place(pair, cert, key):
    cert.write_bytes(pair[0].read_bytes())
    key.write_bytes(pair[1].read_bytes())


def subject(secure):
    return dict(pair[0] for pair in secure.getpeercert()["subject"])["commonName"]


def ask(secure):
    secure.sendall(request("GET", "/v2/health/live"))
    return secure.recv(4096)


def test_tls_serves_grpc_to_clients_who_know_the_authority(tls, examples):
    live = "/inference.GRPCInferenceService/ServerLive"
    trusting = grpc.ssl_channel_credentials(tls.ca.read_bytes())
    with grpc.secure_channel(tls.grpc_address, trusting) as channel:
        # A message whose field 1 is true.
        assert channel.unary_unary(live)(b"", timeout=10) == b"\x08\x01"
    for stranger in (grpc.secure_channel(tls.grpc_address, grpc.ssl_channel_credentials()),
                     grpc.insecure_channel(tls.grpc_address)):
        with stranger as channel, pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary(live)(b"", timeout=3)
        assert refused.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    assert tls.cli("model", "push", examples / "iris" / "model.onnx", "--name", "iris").returncode == 0
    assert tls.cli("deploy", "iris").returncode == 0
    answer = tls.cli("predict", "iris", "--data", "[[5.1,3.5,1.4,0.2]]", "--protocol", "grpc", "--grpc-server",
                     f"https://127.0.0.1:{tls.grpc_port}")
    assert answer.returncode == 0 and "setosa" in answer.stdout, answer


def test_tls_serves_clients_who_know_the_authority_and_the_command_line(tls, examples):
    with tls.secure() as secure:
        assert subject(secure) == "first"
        assert secure.version() in ("TLSv1.2", "TLSv1.3")
        assert b'{"live":true}' in ask(secure).replace(b" ", b"")
    assert f"https://127.0.0.1:{tls.port}" in tls.log_text()
    for arguments in [
        ["model", "push", examples / "iris" / "model.onnx", "--name", "iris"], ["deploy", "iris"],
        ["predict", "iris", "--data", (examples / "iris" / "request.json").read_text()], ["status"],
    ]:  # fmt: skip
        result = tls.cli(*arguments)
        assert result.returncode == 0, result


def test_a_client_who_does_not_know_the_authority_refuses_the_server(tls):
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(tls.connect(), server_hostname="127.0.0.1")
    result = tls.cli("status", ca=False)
    assert result.returncode in (69, 78), result
    assert "--ca-cert" in result.stderr, result.stderr


def test_old_tls_is_refused(tls):
    context = tls.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with __import__("warnings").catch_warnings():
        __import__("warnings").simplefilter("ignore")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(tls.connect(), server_hostname="127.0.0.1")


def test_plain_http_and_noise_on_a_tls_port_harm_nobody(tls):
    for noise in [request("GET", "/v2"), b"\x16\x03\x01", os.urandom(500), b""]:
        with Raw(tls) as raw:
            raw.send(noise)
    result = tls.cli("status", url=f"http://127.0.0.1:{tls.port}")
    assert result.returncode in (1, 69)
    with tls.secure() as secure:
        assert b"200 OK" in ask(secure)


def test_sighup_gives_new_connections_the_new_certificate_and_keeps_old_ones(tls):
    before = tls.children()
    with tls.secure() as old:
        assert subject(old) == "first"
        tls.place("second")
        tls.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "certificate read again" in tls.log_text(), "the new certificate")
        with tls.secure() as new:
            assert subject(new) == "second"
            assert b"200 OK" in ask(new)
        assert b"200 OK" in ask(old)
    assert tls.children() == before


@pytest.mark.parametrize("damage", ["empty", "noise", "missing", "other key"])
def test_a_certificate_that_cannot_be_used_leaves_the_old_one(tls, authority, damage):
    match damage:
        case "empty": tls.cert.write_bytes(b"")
        case "noise": tls.key.write_bytes(os.urandom(500))
        case "missing": tls.key.unlink()
        case "other key": tls.key.write_bytes(authority("third")[1].read_bytes())
    tls.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "the old one stays" in tls.log_text(), "the refusal of the certificate")
    with tls.secure() as secure:
        assert subject(secure) == "first"
        assert b"200 OK" in ask(secure)


@pytest.mark.parametrize("damage", ["empty", "noise", "missing", "other key", "no cert", "folder"])
def test_a_server_with_an_unusable_certificate_does_not_start(tmp_path, authority, damage):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    place(authority("first"), cert, key)
    match damage:
        case "empty": key.write_bytes(b"")
        case "noise": cert.write_bytes(os.urandom(500))
        case "missing": key.unlink()
        case "other key": key.write_bytes(authority("third")[1].read_bytes())
        case "no cert": cert.unlink()
        case "folder": cert = tmp_path
    result = serve("--data-dir", tmp_path / "data", "--port", 0, "--tls-cert", cert, "--tls-key", key)
    assert_refused(result, "--tls-(cert|key)", "pem|PEM")


def test_sighup_without_tls_changes_nothing(new_server):
    for flags in [[], ["--no-supervisor"]]:
        server = new_server("data" + "".join(flags), *flags)
        before = server.children()
        server.process.send_signal(signal.SIGHUP)
        assert server.json("GET", "/v2/health/ready") == (200, {"ready": True})
        assert server.children() == before
        assert server.terminate() == 0


# Processes -------------------------------------------------------------------------------------------------------


def slow_body(server, path="/api/v1/spaces/default/models/none/versions"):
    """A request that is under way: its body has not ended."""
    raw = Raw(server, timeout=20)
    raw.send(f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{".encode())
    return raw


def test_sigterm_finishes_what_is_under_way_and_exits_with_0(new_server):
    for flags in [[], ["--no-supervisor"]]:
        server = new_server("data" + "".join(flags), *flags)
        with Raw(server) as idle, slow_body(server) as busy:
            idle.send(request("GET", "/v2"))
            assert idle.answer().status == 200
            wait_until(lambda: established(server) == 2, "two connections")
            server.process.send_signal(signal.SIGTERM)
            assert idle.is_ended()
            busy.send(b"}")
            answer = busy.answer()
            assert answer.status == 400
            # Whether it says so or not (the signal reaches each loop in its own time): the connection ends.
            assert busy.is_ended()
        assert server.process.wait(20) == 0
        assert_port_is_free(server.port)


def established(server):
    port = f":{server.port:04X}"
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return sum(1 for row in rows if row[1].endswith(port) and row[3] == "01")


def test_readiness_is_off_while_the_server_drains(new_server):
    server = new_server("data", "--no-supervisor")
    with Raw(server) as busy, Raw(server) as probe:
        # The probe's request is under way when the signal comes, so its connection lives to be asked.
        busy.send(b"POST /v2/repository/index HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{")
        probe.send(b"GET /v2/health/ready HTTP/1.1\r\nHost")
        wait_until(lambda: established(server) == 2, "two connections")
        time.sleep(0.2)  # both beginnings have been read
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in server.log_text(), "the drain")
        probe.send(b": h\r\n\r\n")
        answer = probe.answer()
        assert (answer.status, json.loads(answer.body)) == (503, {"ready": False})
        busy.send(b"}")
        assert busy.answer().status == 200
    assert server.process.wait(20) == 0


def test_a_request_that_does_not_finish_is_cut_off_after_the_drain_time(new_server):
    server = new_server("data", env={"SLIPWAY_DRAIN_SECONDS": "1"})
    with slow_body(server) as busy:
        wait_until(lambda: established(server) == 1, "a connection")
        assert server.terminate(timeout=10) == 0
        assert busy.is_ended()


def test_a_second_sigterm_ends_the_server_at_once(new_server):
    for flags in [[], ["--no-supervisor"]]:
        server = new_server("data" + "".join(flags), *flags, env={"SLIPWAY_DRAIN_SECONDS": "600"})
        below = server.children()
        with slow_body(server):
            wait_until(lambda: established(server) == 1, "a connection")
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: "stopping" in server.log_text(), "the drain")
            assert server.process.poll() is None
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(10) == 1
        for child in below:
            wait_gone(child)
        assert_port_is_free(server.port)


def test_an_interrupt_from_the_terminal_is_a_sigterm(new_server):
    server = new_server()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(20) == 0


def test_a_dead_child_is_replaced_and_the_endpoints_come_back(new_server, examples):
    server = new_server()
    server.deploy(examples / "iris" / "model.onnx", "iris")
    for number in [signal.SIGKILL, signal.SIGXCPU]:
        child = server.children()[0]
        os.kill(child, number)
        # Whoever connects now waits in the socket's queue; nobody is refused.
        wait_gone(child)
        inputs = [{"name": "features", "datatype": "FP32", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}]
        status, answer = server.infer("iris", inputs)
        assert (status, answer["outputs"][0]["data"]) == (200, [0])
        assert server.children()[0] != child
    assert server.json("POST", "/api/v1/verify")[1]["problems"] == []


def test_connections_are_queued_not_refused_while_the_child_is_replaced(new_server):
    server = new_server()
    failures = []

    def ask_on():
        for _ in range(200):
            try:
                with Raw(server, timeout=20) as raw:
                    raw.send(request("GET", "/v2/health/live"))
                    raw.answer()
            except ConnectionRefusedError as error:
                failures.append(error)
            except (OSError, EOFError):
                pass  # it was under way when its server died

    asker = threading.Thread(target=ask_on)
    asker.start()
    for _ in range(2):
        os.kill(server.children()[0], signal.SIGKILL)
        wait_until(lambda: server.children(), "a new child")
    asker.join()
    assert not failures
    assert server.json("GET", "/v2/health/live") == (200, {"live": True})


def test_a_thousand_callers_may_wait_while_the_server_is_busy(new_server):
    """The kernel's queue is as long as it was asked to be, also once the child has taken the socket over."""
    with open("/proc/sys/net/core/somaxconn") as limit:
        count = min(1000, int(limit.read()))
    server = new_server()
    child = server.children()[0]
    os.kill(child, signal.SIGSTOP)
    try:
        waiting = [Raw(server, timeout=10) for _ in range(count)]
        for raw in waiting:
            raw.send(request("GET", "/v2/health/live"))
    finally:
        os.kill(child, signal.SIGCONT)
    for raw in waiting:
        assert raw.answer().status == 200
        raw.socket.close()


def test_a_child_that_dies_again_and_again_is_given_up(new_server):
    server = new_server()

    def kill_child():
        for child in server.children():
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return server.process.poll() is not None

    wait_until(kill_child, "the end of the supervisor", timeout=30)
    assert server.process.wait() == 1
    assert "giving up" in server.log_text()


def test_the_child_ends_when_the_supervisor_is_killed(new_server):
    server = new_server()
    child = server.children()[0]
    server.process.kill()
    server.process.wait()
    wait_gone(child, timeout=20)
    assert_port_is_free(server.port)
    # And nothing is in the way of the next one.
    server.start()
    assert server.json("GET", "/v2/health/ready") == (200, {"ready": True})


def assert_port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        probe.listen()


def test_a_restart_brings_everything_back(new_server, examples):
    server = new_server()
    server.deploy(examples / "iris" / "model.onnx", "iris")
    server.deploy(examples / "diabetes" / "model.onnx", "diabetes")
    before = server.json("GET", "/api/v1/spaces/default/deployments")[1]["items"]
    assert server.terminate() == 0
    server.start()
    after = server.json("GET", "/api/v1/spaces/default/deployments")[1]["items"]
    changing = {"requests", "errors", "p50Milliseconds", "p99Milliseconds"}
    assert [{k: v for k, v in i.items() if k not in changing} for i in after] == [
        {k: v for k, v in i.items() if k not in changing} for i in before]
    assert [i["state"] for i in after] == ["ready", "ready"]


def test_the_child_has_nothing_of_ours_open_but_what_it_needs(new_server):
    """Descriptors of whoever started the server must not live on in it: a pipe held open there never ends here."""
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    started = new_server("data")
    os.close(writer)
    child = started.children()[0]
    kinds = [os.readlink(f"/proc/{child}/fd/{n}") for n in os.listdir(f"/proc/{child}/fd")]
    assert sum(kind.startswith("pipe:") for kind in kinds) <= 3, kinds
    os.close(reader)
