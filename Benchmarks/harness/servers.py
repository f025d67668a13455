"""The servers that are compared: how each is started, what it is asked, and whether its answer is right."""

import json
import math
import pathlib
import shutil

from . import http
from .processes import Process, WrongAnswer, environment, free_port, free_ports, run

BENCHMARKS = pathlib.Path(__file__).parent.parent
REPOSITORY = BENCHMARKS.parent
VENV = REPOSITORY / ".local" / "venv-bench" / "bin"
ECHO = BENCHMARKS / "echo" / ".build" / "release" / "echo"


class Target:
    """One address under load: a process, its port, the path, and the body that is posted there."""

    def __init__(self, name, process, port, path, body, folder, pausable=False, token=None):
        self.name, self.process, self.port, self.path, self.pausable = name, process, port, path, pausable
        self.token = token
        self.message = http.request(path, body, token=token)
        self.body_file = folder / f"body-{name.replace(' ', '-').replace('/', '-')}.json"
        self.body_file.write_text(body)

    def wait(self, timeout=90):
        """Until the first good answer; returns its body."""
        return http.first_answer(self.process, self.port, self.message, timeout, pause=0.02)[1]

    def answer(self):
        status, content, whole = http.exchange(self.port, self.message)
        if status != 200:
            raise WrongAnswer(f"{self.name} answered {status}: {content[:300]!r}")
        return content, whole


def large_model(folder, megabytes):
    """A model with so many megabytes of weights: its file, and its request and expected answer."""
    path = folder / f"large-{megabytes}.onnx"
    if not path.exists():
        run([VENV / "python", BENCHMARKS / "models.py", "--large", path, megabytes], timeout=300)
    return path, json.loads(path.with_suffix(".json").read_text())


def values_in_oip(content):
    return {tensor["name"]: _flat(tensor["data"]) for tensor in json.loads(content)["outputs"]}


def values_in_litserve(content):
    return json.loads(content)


def check_prediction(name, found, expected):
    """Every output there, every number within a thousandth (or a millionth, near zero) of ONNX Runtime's own."""
    for output, numbers in expected.items():
        if output not in found:
            raise WrongAnswer(f"{name}: no output {output!r} in the answer, only {sorted(found)}")
        if len(found[output]) != len(numbers):
            raise WrongAnswer(f"{name}: output {output!r} has {len(found[output])} values, expected {len(numbers)}")
        for ours, theirs in zip(found[output], numbers):
            same = ours == theirs if isinstance(theirs, str) else math.isclose(ours, theirs, rel_tol=1e-3, abs_tol=1e-6)
            if not same:
                raise WrongAnswer(f"{name}: output {output!r} is {found[output]}, expected {numbers}")


def _flat(data):
    return [number for item in data for number in (_flat(item) if isinstance(item, list) else [item])]


def example_answer(model, expected):
    """An answer as long as Slipway's, for when Slipway itself is not there to show one."""
    outputs = [{"name": k, "datatype": "FP32", "shape": [1, len(v)], "data": v} for k, v in expected.items()]
    return json.dumps({"model_name": model, "model_version": "1", "outputs": outputs}, separators=(",", ":"))


def echo(stack, folder, request, answer_bytes):
    port = free_port()
    command = [ECHO, "--port", port, "--answer-bytes", answer_bytes]
    process = stack.enter_context(Process("echo", command, folder / "echo.log"))
    return _started(Target("echo", process, port, "/v2/models/iris/infer", request["oip"], folder), answer_bytes)


def nginx(stack, folder, request, answer_bytes, workers=2):
    port, h2_port = free_ports(2)
    words = {
        "WORKERS": workers, "FOLDER": folder, "PORT": port, "H2PORT": h2_port, "ANSWER": "x" * answer_bytes,
    }
    text = (BENCHMARKS / "nginx.conf").read_text()
    for word, value in words.items():
        text = text.replace(f"@{word}@", str(value))
    configuration = folder / "nginx.conf"
    configuration.write_text(text)
    binary = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin")
    if binary is None:
        raise WrongAnswer("nginx is not installed: run Benchmarks/setup")
    command = [binary, "-p", folder, "-e", "stderr", "-c", configuration]
    process = stack.enter_context(Process("nginx", command, folder / "nginx.log"))
    target = Target("nginx", process, port, "/v2/models/iris/infer", request["oip"], folder)
    # The same pages over HTTP/2 without TLS.
    target.h2_port = h2_port
    return _started(target, answer_bytes)


def _started(target, answer_bytes):
    found = len(target.wait())
    if found != answer_bytes:
        raise WrongAnswer(f"{target.name} answers {found} bytes, expected {answer_bytes}")
    return target


def mlserver(stack, folder, model_file, request):
    root = folder / "mlserver"
    (root / "iris").mkdir(parents=True)
    port, grpc_port, metrics_port = free_ports(3)
    settings = {
        "debug": False,
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": grpc_port,
        "metrics_port": metrics_port,
        "metrics_endpoint": None,
        "gzip_enabled": False,
        "parallel_workers": 0,
    }
    model = {
        "name": "iris",
        "implementation": "mlserver_runtime.OnnxRuntime",
        "parameters": {"uri": str(model_file), "version": "1"},
    }
    (root / "settings.json").write_text(json.dumps(settings))
    (root / "iris" / "model-settings.json").write_text(json.dumps(model))
    env = environment(PYTHONPATH=str(BENCHMARKS / "peers"), PYTHONDONTWRITEBYTECODE="1")
    command = [VENV / "mlserver", "start", root]
    process = stack.enter_context(Process("MLServer", command, folder / "mlserver.log", cwd=root, env=env))
    target = Target("MLServer", process, port, "/v2/models/iris/infer", request["oip"], folder, pausable=True)
    check_prediction("MLServer", values_in_oip(target.wait()), request["expected"])
    return target


def litserve(stack, folder, model_file, request):
    port = free_port()
    command = [VENV / "python", BENCHMARKS / "peers" / "litserve_server.py", model_file, port]
    command += ["--fast-queue", "--api-servers", 2, "--batch", 32]
    process = stack.enter_context(Process("LitServe", command, folder / "litserve.log", cwd=folder))
    target = Target("LitServe", process, port, "/predict", request["litserve"], folder, pausable=True)
    check_prediction("LitServe", values_in_litserve(target.wait()), request["expected"])
    return target
