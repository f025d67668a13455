"""Canaries that are slow, found on a real server under a steady load: minutes for each, so only with SLIPWAY_SOAK=1."""

import os
import time

import pytest

import rollout_models
from rollout_models import Load

PRODUCTS = 800
"""Of matrices, one behind the other: milliseconds, beside which what a request costs otherwise is little."""

pytestmark = pytest.mark.skipif(not os.environ.get("SLIPWAY_SOAK"), reason="takes minutes: SLIPWAY_SOAK=1")


def rollout_of(server, stable, canary, patience=240, values=(0.5,)):
    """Starts a canary and waits for its end; how it ended, when, and what the load saw."""
    server.cli("model", "push", stable, "--name", "churn")
    server.cli("deploy", "churn:1")
    server.cli("model", "push", canary, "--name", "churn")
    with Load(server, "churn", rate=200, values=values) as load:
        time.sleep(2)
        server.cli("rollout", "start", "churn", "--to", "churn:2", "--steps", "1,5,25,50,100", "--hold", "2m")
        began = time.monotonic()
        while time.monotonic() < began + patience:
            rollout = server.cli_json("rollout", "status", "churn")
            if rollout["state"] != "running":
                break
            time.sleep(0.2)
        took = time.monotonic() - began
        harmed = sum(version == "2" for _, _, version in load.since(began))
        asked = len(load.since(began))
    print(f"{rollout['state']} after {took:.1f} s; {harmed} of {asked} requests went to the canary ({harmed / asked:.2%})")
    print(rollout["message"])
    assert {code for _, code, _ in load.since()} == {200}
    return rollout, took


def test_a_canary_whose_every_latency_doubles_is_rolled_back_within_a_minute(new_server, tmp_path):
    rollout, took = rollout_of(
        new_server(), rollout_models.slower(tmp_path, 1, PRODUCTS), rollout_models.slower(tmp_path, 2, 2 * PRODUCTS))
    assert rollout["state"] == "rolledBack", rollout
    assert took < 60


def test_a_canary_whose_slowest_twentieth_doubles_is_rolled_back_by_the_end_of_its_second_step(new_server, tmp_path):
    """Ten times as slow as the others at the stable version, so that what the machine does beside it is little."""
    rollout, _ = rollout_of(
        new_server(), rollout_models.slow_tail(tmp_path, 1, PRODUCTS // 2, 5 * PRODUCTS),
        rollout_models.slow_tail(tmp_path, 2, PRODUCTS // 2, 10 * PRODUCTS),
        patience=600, values=(rollout_models.SLOW,) + 19 * (0.5,))
    assert rollout["state"] == "rolledBack", rollout
    # While it looks bad but might be chance, a step holds: at 1% of the traffic that may take some minutes.
    assert rollout["step"]["step"] <= 2, rollout


def test_a_canary_that_is_as_fast_is_not_rolled_back(new_server, tmp_path):
    """For as long as twice its first step and its second: nothing was against it."""
    rollout, _ = rollout_of(
        new_server(), rollout_models.slower(tmp_path, 1, PRODUCTS), rollout_models.slower(tmp_path, 2, PRODUCTS))
    assert rollout["state"] == "running", rollout
    assert rollout["step"]["step"] >= 2, rollout
