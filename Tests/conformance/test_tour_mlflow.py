"""The tour from a notebook to production, followed word for word like the other one."""

import sys
import pathlib

from slipway_server import REPOSITORY
from test_tour import follow, same, steps

PAGE = REPOSITORY / "docs/how-to/from-notebook-to-production.md"


def test_the_tour_goes_as_the_page_says(tmp_path):
    page_steps = steps(PAGE.read_text())
    commands = "\n".join(step.command for step in page_steps)
    for part in ["MLFLOW_TRACKING_URI", "python train.py", "promote wines:1", "promote wines:2", "deploy wines:2",
                 "champion", "python compare.py", "python autolog.py"]:
        assert part in commands, f"the page no longer says {part}"
    answers = follow(
        page_steps, tmp_path, tools=pathlib.Path(sys.executable).parent,
        # Nothing calls home; what is drawn while files travel is not for a page.
        MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false")
    wrong = []
    for step, (code, printed) in zip(page_steps, answers):
        refused = any(line.startswith("error: ") or "FAILED" in line for line in step.shown)
        if not same(step.shown, printed) or (code != 0) != refused:
            wrong.append("\n  ".join(
                [f"{PAGE.name}:{step.line}: {step.command}", "shown:", *step.shown, f"printed, exit code {code}:", *printed]))
    assert not wrong, "\n\n".join(wrong)
    assert len(answers) == len(page_steps), f"the shell ended after {len(answers)} of {len(page_steps)} commands"
