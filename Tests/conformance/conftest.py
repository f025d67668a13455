"""Fixtures: a real server in a folder of its own, the command line, and generated models."""

import os
import pathlib
import subprocess
import sys

# Before any client could load ONNX Runtime.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

sys.path.insert(0, str(pathlib.Path(__file__).parent / "models"))

import pytest

from slipway_server import REPOSITORY, SlipwayServer


# Files whose tests take minutes, the longest first.
LONG = [
    "test_crash", "test_backup", "test_retraining", "test_hot_swap", "test_git_runs", "test_alerts", "test_ci",
    "test_git_tour", "test_tour_mlflow", "test_mlflow_tracking", "test_retention"]


def pytest_collection_modifyitems(items):
    """What takes long begins first, so that the other workers have something to do until its end."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


def pytest_configure(config):
    """A caller on a thread of its own that fails is a failure of its test, not a warning at the end."""
    config.addinivalue_line("filterwarnings", "error::pytest.PytestUnhandledThreadExceptionWarning")


def pytest_sessionfinish():
    """A fixture that fails half-way never gets to stop its server."""
    for server in SlipwayServer.started:
        server.kill()


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A folder with the generated models, by name."""
    folder = tmp_path_factory.mktemp("models")
    script = pathlib.Path(__file__).parent / "models" / "make_models.py"
    subprocess.run([sys.executable, str(script), str(folder)], check=True)
    return folder


@pytest.fixture(scope="session")
def examples():
    """The example models that ship with the repository."""
    return REPOSITORY / "examples"


@pytest.fixture
def new_server(tmp_path):
    """Starts servers that are stopped, last first, when the test ends. Call it with a data folder's name and flags."""
    servers = []

    def start(name="data", *flags, **options):
        server = SlipwayServer(tmp_path / name, flags=flags, log=tmp_path / f"{name}-{len(servers)}.log", **options)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in reversed(servers):
        server.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for all tests of a module that do not mind each other."""
    folder = tmp_path_factory.mktemp("server")
    server = SlipwayServer(folder / "data", log=folder / "server.log")
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def zoo(tmp_path_factory, models):
    """One server for whoever only asks predictions, with the generated models as they are asked for."""
    from zoo import Zoo

    folder = tmp_path_factory.mktemp("zoo")
    server = SlipwayServer(folder / "data", log=folder / "server.log")
    server.start()
    yield Zoo(server, models)
    server.kill()
