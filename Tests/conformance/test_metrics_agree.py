"""The figures that metrics, distances and tests are tested against are what scikit-learn and scipy say today.

Swift's tests read the fixtures (Tests/StatisticsTests, Tests/GovernanceTests); this makes them again out of the same random
numbers and asks them once more. Where the processor adds in another order, the last digits may differ.
"""

import importlib.util
import json
import math

import pytest

from slipway_server import REPOSITORY

FIXTURES = {
    "metrics": REPOSITORY / "Tests/StatisticsTests/Fixtures",
    "distances": REPOSITORY / "Tests/StatisticsTests/Fixtures",
    "holdouts": REPOSITORY / "Tests/GovernanceTests/Fixtures",
}


def made_again(name):
    script = FIXTURES[name] / f"make_{name}.py"
    spec = importlib.util.spec_from_file_location(f"make_{name}", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return json.loads(json.dumps(module.document()))


def differences(committed, made, path=""):
    """Where the two disagree, as sentences: at all in structure, texts and null, by more than 1e-12 in numbers."""
    if isinstance(committed, dict) and isinstance(made, dict):
        if committed.keys() != made.keys():
            yield f"{path}: {sorted(committed)} against {sorted(made)}"
        for key in committed.keys() & made.keys():
            yield from differences(committed[key], made[key], f"{path}.{key}")
    elif isinstance(committed, list) and isinstance(made, list):
        if len(committed) != len(made):
            yield f"{path}: {len(committed)} against {len(made)} entries"
        for index, (left, right) in enumerate(zip(committed, made)):
            yield from differences(left, right, f"{path}[{index}]")
    elif isinstance(committed, (int, float)) and isinstance(made, (int, float)):
        if not math.isclose(committed, made, rel_tol=1e-12, abs_tol=1e-12):
            yield f"{path}: {committed} against {made}"
    elif committed != made:
        yield f"{path}: {committed} against {made}"


@pytest.mark.parametrize("name", FIXTURES)
def test_the_committed_answers_are_those_of_today(name):
    committed = json.loads((FIXTURES[name] / f"{name}.json").read_text())
    assert list(differences(committed, made_again(name))) == []


def test_the_comparison_can_fail():
    committed = json.loads((FIXTURES["metrics"] / "metrics.json").read_text())
    changed = json.loads(json.dumps(committed))
    changed["labels"][20]["answers"]["accuracy"] += 1e-9
    changed["scores"][0]["answers"]["log_loss"] = None
    changed["numbers"].pop()
    assert len(list(differences(committed, changed))) == 3
