"""A canary that is slow, found on a real server under a steady load: a minute for each, so only with SLIPWAY_SOAK=1."""

import os
import time

import pytest

import rollout_models
from rollout_models import Load

PRODUCTS = 800
"""Of matrices, one behind the other: milliseconds, beside which what a request costs otherwise is little."""

pytestmark = pytest.mark.skipif(not os.environ.get("SLIPWAY_SOAK"), reason="takes minutes: SLIPWAY_SOAK=1")


def rollout_of(server, tmp_path, products):
    """Starts a canary with so many products and waits for its end; how it ended, when, and what the load saw."""
    server.cli("model", "push", rollout_models.slower(tmp_path, 1, PRODUCTS), "--name", "churn")
    server.cli("deploy", "churn:1")
    server.cli("model", "push", rollout_models.slower(tmp_path, 2, products), "--name", "churn")
    with Load(server, "churn", rate=200) as load:
        time.sleep(2)
        server.cli("rollout", "start", "churn", "--to", "churn:2", "--steps", "1,5,25,50,100", "--hold", "2m")
        began = time.monotonic()
        while time.monotonic() < began + 240:
            rollout = server.cli_json("rollout", "status", "churn")
            if rollout["state"] != "running":
                break
            time.sleep(0.2)
        took = time.monotonic() - began
        harmed = sum(version == "2" for _, _, version in load.since(began))
        asked = len(load.since(began))
    print(f"{rollout['state']} after {took:.1f} s; {harmed} of {asked} requests went to the canary ({harmed / asked:.2%})")
    print(rollout["message"])
    return rollout, took, load


def test_a_canary_whose_every_latency_doubles_is_rolled_back_within_a_minute(new_server, tmp_path):
    rollout, took, load = rollout_of(new_server(), tmp_path, 2 * PRODUCTS)
    assert rollout["state"] == "rolledBack", rollout
    assert took < 60
    assert {code for _, code, _ in load.since()} == {200}


def test_a_canary_that_is_as_fast_is_not_rolled_back(new_server, tmp_path):
    """For as long as twice its first step and its second: nothing was against it."""
    rollout, _, load = rollout_of(new_server(), tmp_path, PRODUCTS)
    assert rollout["state"] == "running", rollout
    assert rollout["step"]["step"] >= 2, rollout
    assert {code for _, code, _ in load.since()} == {200}
