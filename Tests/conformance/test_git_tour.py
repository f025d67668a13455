"""The tour from a Git push to production, followed word for word: each command of the page, in one shell, in an empty folder,
prints what the page shows. The repository, its hook, the trainings and the server are real."""

import os
import pathlib
import sys

import test_tour
from slipway_server import REPOSITORY

PAGE = REPOSITORY / "docs/how-to/from-git-to-production.md"

# What differs from run to run: times, who pushes, and names of commits, whole and cut.
COMMITS = [
    (r"[\d.]+ ms", "TIME"), (r"push by \S+", "push by SOMEBODY"), (r"\b[0-9a-f]{40}\b", "COMMIT"),
    (r"\b[0-9a-f]{12}\b", "COMMIT"), (r"\b[0-9a-f]{7}\b", "COMMIT"),
]


def test_the_tour_goes_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.setattr(test_tour, "VARYING", test_tour.VARYING + COMMITS)
    # The page's `python3` is one that has scikit-learn.
    monkeypatch.setenv("PATH", f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}")
    page_steps = test_tour.steps(PAGE.read_text())
    commands = "\n".join(step.command for step in page_steps)
    for part in ["serve --auth --allow-commands", "repository add", "post-receive", "git push", "run show 1 --space dev --follow",
                 "promotion approve", "predict tumours", "git revert", "why tumours", "audit verify"]:
        assert part in commands, f"the page no longer says {part}"
    answers = test_tour.follow(page_steps, tmp_path)
    wrong = []
    for step, (code, printed) in zip(page_steps, answers):
        if not test_tour.same(step.shown, printed) or code != 0:
            wrong.append("\n  ".join(
                [f"{PAGE.name}:{step.line}: {step.command}", "shown:", *step.shown, f"printed, exit code {code}:", *printed]))
    assert not wrong, "\n\n".join(wrong)
    assert len(answers) == len(page_steps), f"the shell ended after {len(answers)} of {len(page_steps)} commands"
