"""The generated models by name, deployed on one server as tests ask for them."""

import json
import pathlib
import threading
import urllib.parse

from make_models import SOURCES
from recipes import SERVES
from slipway_server import SlipwayServer

SERVED = [recipe.name for source in SOURCES for recipe in source.recipes() if recipe.expect == SERVES]


class Zoo:
    """A server, and the generated models on it: each is pushed once, when it is first asked for."""

    def __init__(self, server: SlipwayServer, folder: pathlib.Path):
        self.server = server
        self.folder = folder
        self.index = json.loads((folder / "models.json").read_text())
        self.pushed = set()
        self.deployed = {}
        self.lock = threading.Lock()

    def cases(self, name):
        """(cases, tolerance)"""
        content = json.loads((self.folder / self.index[name]["cases"]).read_text())
        return content["cases"], content["tolerance"]

    def case(self, name, title=None):
        cases, _ = self.cases(name)
        return next(case for case in cases if title in (None, case["title"]))

    def push(self, name):
        path = self.folder / self.index[name]["path"]
        if path.is_dir():
            self.server.cli("model", "push", path, "--name", name)
        else:
            self.server.push_file(path, name)

    def endpoint(self, name, alias=None):
        """The endpoint where the model answers; `alias` for tests that need counters or a state of their own."""
        endpoint = alias or name
        with self.lock:
            if name not in self.pushed:
                self.push(name)
                self.pushed.add(name)
            if endpoint not in self.deployed:
                self.server.put_deployment(endpoint, name)
                self.deployed[endpoint] = name
        return endpoint

    def infer(self, endpoint, inputs, **extra):
        return self.server.infer(endpoint, inputs, **extra)

    def path(self, endpoint, tail="", version=None):
        middle = "" if version is None else f"/versions/{version}"
        return f"/v2/models/{urllib.parse.quote(endpoint)}{middle}{tail}"
