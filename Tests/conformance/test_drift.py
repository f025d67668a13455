"""Drift: what an endpoint is asked and answers is held against a reference, the file that was pushed with the version or
its first rows; found where it is, not found where it is not, and not lost by kill -9 or clocks that jump."""

import csv
import json
import math
import shutil
import subprocess
import time

import numpy as np
import pytest

import tritonclient.grpc as grpc

from slipway_server import REPOSITORY, SlipwayServer, wait_until
from test_prometheus import parse_metrics  # noqa: F401  (only where it is there)

IRIS = REPOSITORY / "examples" / "iris" / "model.onnx"
