"""Slipway as the benchmark drives it: through its command line and its prediction interface only."""

from . import http
from .processes import Process, WrongAnswer, environment, free_ports, run
from .servers import Target, check_prediction, values_in_oip


class Slipway:
    """A server on one data folder; `binary` is the `slipway` executable."""

    def __init__(self, binary, data, log, name="Slipway", flags=()):
        self.binary, self.data, self.log, self.name, self.flags = binary, data, log, name, flags
        self.token = None
        self.process, self.port, self.grpc_port = None, None, None

    def process_on(self, port, grpc_port=0):
        command = [self.binary, "serve", "--data-dir", self.data, "--port", port, "--grpc-port", grpc_port,
                   *self.flags]
        return Process(self.name, command, self.log)

    def __enter__(self):
        self.port, self.grpc_port = free_ports(2)
        self.process = self.process_on(self.port, self.grpc_port).__enter__()
        try:
            http.first_answer(self.process, self.port, http.request("/v2/health/ready"), pause=0.01)
        except BaseException:
            self.process.stop()
            raise
        return self

    def __exit__(self, kind, *_):
        status = self.process.stop()
        if kind is None and status != 0:
            raise WrongAnswer(f"{self.name}: SIGTERM ended it with {status}, expected 0\n{self.process.last_words()}")

    def command(self, *words, timeout=120):
        env = environment() | ({"SLIPWAY_TOKEN": self.token} if self.token else {})
        return run([self.binary, *words, "--server", f"http://127.0.0.1:{self.port}"], timeout=timeout, env=env)

    def push(self, file, name):
        self.command("model", "push", file, "--name", name)

    def deploy(self, name, *words):
        self.command("deploy", name, *words)

    def target(self, model, request, folder, name=None, token=None):
        path = f"/v2/models/{model}/infer"
        target = Target(name or self.name, self.process, self.port, path, request["oip"], folder, token=token)
        check_prediction(target.name, values_in_oip(target.wait(30)), request["expected"])
        return target
