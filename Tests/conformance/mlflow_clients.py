"""MLflow's own client and, as the oracle, its own server: for the tests of the MLflow door."""

import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.request

# Before mlflow is imported anywhere: nothing calls home, and what fails says so soon.
os.environ.update({
    "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "GIT_PYTHON_REFRESH": "quiet",
})

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from slipway_server import environment, free_port


class OracleServer:
    """`mlflow server` on SQLite, in a folder of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, timeout=120):
        self.folder.mkdir(parents=True, exist_ok=True)
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
             "--backend-store-uri", f"sqlite:///{self.folder}/mlflow.db",
             "--artifacts-destination", str(self.folder / "artifacts")],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
            env=environment(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false"))
        deadline = time.monotonic() + timeout
        while True:
            assert self.process.poll() is None, (self.folder / "server.log").read_text()
            assert time.monotonic() < deadline, f"MLflow's own server is not there after {timeout} s"
            try:
                with urllib.request.urlopen(self.url + "/health", timeout=5) as answer:
                    if answer.status == 200:
                        return self
            except OSError:
                time.sleep(0.1)

    def stop(self):
        if self.process is None:
            return
        # Its workers are in its group.
        try:
            os.killpg(self.process.pid, 9)
        except ProcessLookupError:
            pass
        self.process.wait(10)


def refused(call, *arguments, **options):
    """The error code that a call is refused with."""
    try:
        result = call(*arguments, **options)
    except MlflowException as error:
        return error.error_code
    raise AssertionError(f"{call} was not refused: {result}")


class Names:
    """Gives what differs between two servers, ids above all, names in the order in which they appear."""

    def __init__(self):
        self.known = {}

    def __call__(self, value):
        if isinstance(value, dict):
            return {self(key): self(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self(item) for item in value]
        if isinstance(value, str):
            return re.sub(r"(m-)?[0-9a-f]{32}", self.name, value)
        return value

    def name(self, match):
        return self.known.setdefault(match[0], f"<{len(self.known)}>")
