"""One real `slipway serve` for tests: start, wait for readiness, command line, stop, kill."""

import http.client
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SLIPWAY_BINARY", REPOSITORY / ".build/release/slipway"))


def environment(**extra):
    """The environment of every process of ours: nothing calls home, no colours, no settings of the developer's."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SLIPWAY_")}
    if "SLIPWAY_ONNXRUNTIME" in os.environ:
        kept["SLIPWAY_ONNXRUNTIME"] = os.environ["SLIPWAY_ONNXRUNTIME"]
    # Servers that do not say otherwise take any port for gRPC: many run side by side.
    return kept | {"ORT_DISABLE_TELEMETRY": "1", "NO_COLOR": "1", "SLIPWAY_GRPC_PORT": "0"} | extra


# Ports that were given out: a server that is down for a moment, or has not begun to listen, still owns its port.
given_ports = set()
# Below those that the kernel gives to clients; each process of tests that run side by side has its own.
PORTS_EACH = 3000
FIRST_PORT = 20_000 + PORTS_EACH * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def free_port():
    """A port that nobody has, and never one twice."""
    while True:
        port = random.randrange(FIRST_PORT, FIRST_PORT + PORTS_EACH)
        if port in given_ports:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            given_ports.add(port)
            return port


class SlipwayServer:
    """A server process and its children. Its ports are fixed at creation, so that a restart keeps the addresses."""

    def __init__(self, data, flags=(), log=None, port=None, prefix=(), env=None):
        self.data = pathlib.Path(data)
        self.flags = list(flags)
        self.log = pathlib.Path(log) if log else self.data.with_suffix(".log")
        self.port = port or free_port()
        self.grpc_port = free_port()
        self.prefix = list(prefix)
        self.env = env or {}
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def grpc_address(self):
        return f"127.0.0.1:{self.grpc_port}"

    # Every server that was started, so that the end of the session can stop what a failed fixture left behind.
    started = []

    def spawn(self):
        """Starts without waiting."""
        SlipwayServer.started.append(self)
        self.said_before = len(self.log_text())
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, str(BINARY), "serve", "--data-dir", str(self.data), "--port", str(self.port),
                 "--grpc-port", str(self.grpc_port), *self.flags],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(**self.env))
        return self.process

    def start(self, timeout=30):
        self.spawn()
        self.wait_ready(timeout)
        # What a prefix does with the standard output is its own affair.
        if not self.prefix:
            self.wait_announced(timeout)
        return self

    def wait_announced(self, timeout=30):
        """A server answers a moment before it has said at its standard output where it is."""
        deadline = time.monotonic() + timeout
        while not re.search(r"Nothing is deployed yet|endpoints answer\.|still being loaded", self.log_text()[self.said_before:]):
            if time.monotonic() > deadline:
                raise AssertionError(f"the server has not said where it is after {timeout} s:\n{self.log_text()}")
            time.sleep(0.005)

    def wait_ready(self, timeout=30):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log_text()}")
            try:
                status, _, _ = self.request("GET", "/v2/health/ready", timeout=5)
                if status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.01)
        raise AssertionError(f"the server is not ready after {timeout} s:\n{self.log_text()}")

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def request(self, method, path, body=None, headers=None, timeout=30):
        """One request on a connection of its own: (status, headers in lower case, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            if isinstance(body, (dict, list)):
                body = json.dumps(body).encode()
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, headers=None, timeout=30):
        """One request whose answer is JSON: (status, value)."""
        status, _, answer = self.request(method, path, body, headers, timeout)
        return status, json.loads(answer)

    def connect(self, timeout=10):
        """A raw connection, for bytes that no client library would send."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def cli(self, *arguments, check=True, input=None, timeout=120, env=None):
        """Runs `slipway ARGUMENTS --server URL`."""
        result = subprocess.run(
            [str(BINARY), *map(str, arguments), "--server", self.url], capture_output=True, text=True, input=input,
            timeout=timeout, env=environment(**(env or {})))
        if check and result.returncode != 0:
            raise AssertionError(f"slipway {arguments} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
        return result

    def cli_json(self, *arguments, **options):
        return json.loads(self.cli(*arguments, "--output", "json", **options).stdout)

    def deploy(self, path, name, endpoint=None):
        """Pushes the model at `path` under `name` and deploys it."""
        self.cli("model", "push", path, "--name", name)
        self.cli("deploy", name, *(["--as", endpoint] if endpoint else []))

    def push_file(self, path, model, space="default", query="", headers=None):
        """Pushes one file in one call, as somebody with nothing but curl would: the answer's value."""
        status, _, answer = self.request(
            "POST", f"/api/v1/spaces/{space}/models/{model}/versions{query}", pathlib.Path(path).read_bytes(),
            {"Content-Type": "application/octet-stream"} | (headers or {}))
        assert status in (200, 201), answer
        return json.loads(answer)

    def put_deployment(self, endpoint, model, version=None, headers=None, **extra):
        """Deploys over the management interface: the answer's value."""
        order = {"model": model} | ({"version": version} if version else {}) | extra
        status, answer = self.json("PUT", f"/api/v1/spaces/default/deployments/{endpoint}", order, headers, timeout=120)
        assert status == 200, answer
        return answer

    def infer(self, endpoint, inputs, **extra):
        """An Open Inference Protocol request in JSON: (status, answer)."""
        return self.json("POST", f"/v2/models/{endpoint}/infer", {"inputs": inputs, **extra})

    def children(self, pid=None):
        """Process ids below the server's, deepest last."""
        pid = pid or self.process.pid
        found = []
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
        except (FileNotFoundError, ProcessLookupError):
            return found  # the process has ended since it was listed
        for task in tasks:
            try:
                below = pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()
            except (FileNotFoundError, ProcessLookupError):
                continue  # and here a thread has
            for child in map(int, below):
                found += [child, *self.children(child)]
        return found

    def terminate(self, timeout=40):
        """SIGTERM and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self):
        """SIGKILL to the server and everything below it. Leaves the data folder as it is."""
        if self.process is None or self.process.poll() is not None:
            return
        below = self.children()
        self.process.kill()
        for child in below:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(10)
        for child in below:
            wait_gone(child)


def wait_gone(pid, timeout=10):
    """Waits until no process has this id."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return
        # Its first thread may be gone while others, of the lowest priority, still hold its sockets.
        if re.search(r"\) Z ", state) and not other_threads(pid):
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} is still there after {timeout} s")


def other_threads(pid):
    """Threads of a process beside its first one."""
    try:
        return [thread for thread in os.listdir(f"/proc/{pid}/task") if thread != str(pid)]
    except (FileNotFoundError, ProcessLookupError):
        return []


def wait_until(condition, what="it", timeout=10):
    """Asks again until the condition holds. `what` is words, or a function that has them when it did not."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{what() if callable(what) else what} did not come about within {timeout} s"
        time.sleep(0.01)


def resident_bytes(pid, field="VmRSS"):
    """Memory of a process; `VmHWM` is the most it ever had."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", text)[1]) * 1024
