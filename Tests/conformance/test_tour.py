"""The tour from dev to prod, followed word for word: each command of the page, in one shell, in an empty folder, prints what
the page shows."""

import dataclasses
import os
import re
import signal
import subprocess

import pytest

from slipway_server import BINARY, REPOSITORY, environment, free_port

PAGE = REPOSITORY / "docs/how-to/from-dev-to-prod.md"
ADDRESS = "127.0.0.1:8080"

# What differs from run to run, in the order of replacing.
VARYING = [
    (r"slw_[a-z0-9]+_[0-9a-f]{64}", "KEY"),
    (r"(the key '?)[a-z0-9]{12}\b", r"\1ID"),
    (r"\bm-[0-9a-f]{32}\b", "MODEL"),
    (r"\b[0-9a-f]{32}\b", "RUN"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "TIME"),
    (r"\bjust now\b|\b\d+ (s|min) ago\b", "AGE"),
    (r"^( *key +)[0-9a-f]{64}$", r"\1PUBLIC"),
    (r"\d[\d.,]* ([kMG]?B) free", r"SIZE \1 free"),
    (r"p(50|99) \d[\d.e-]* ms", r"p\1 TIME ms"),
    (r"^( *p99 ms is )[\d.e-]+", r"\1TIME"),
    (r"^( *(?:p50 ms|p99 ms|requests/s|rows/s|requests) +)[\d.e+-]+", r"\1SPEED"),
    (r"\d+ signed heads? compared", "N heads compared"),
    (r"(last head +event) \d+", r"\1 N"),
]


@dataclasses.dataclass
class Step:
    """A command of the page and what it prints there."""
    line: int
    command: str
    shown: list


def steps(text):
    """Indented lines that begin with `$ ` are commands, what follows them in the same block is what they print."""
    found, open_step = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("    "):
            # An empty line may stand within a block; anything else ends it.
            if line.strip():
                open_step = None
            elif open_step:
                open_step.shown.append("")
            continue
        line = line[4:]
        if line.startswith("$ "):
            open_step = Step(number, line[2:], [])
            found.append(open_step)
        elif open_step and open_step.command.endswith("\\") and not open_step.shown:
            open_step.command += "\n" + line
        elif open_step:
            open_step.shown.append(line)
    for step in found:
        while step.shown and not step.shown[-1]:
            step.shown.pop()
    return found


def words(line):
    for pattern, name in VARYING:
        line = re.sub(pattern, name, line)
    return line.split()


def same_word(shown, printed):
    """Figures may differ in their last digits on another processor."""
    if shown == printed:
        return True
    try:
        return "." in shown and float(shown.rstrip(";,)")) == pytest.approx(float(printed.rstrip(";,)")), rel=1e-4)
    except ValueError:
        return False


def same_line(shown, printed):
    """`...` at the end of a line stands for the rest of it."""
    is_cut = shown.endswith("...")
    shown, printed = words(shown.removesuffix("...")), words(printed)
    if is_cut:
        if len(printed) < len(shown):
            return False
        printed = printed[:len(shown)]
        return all(map(same_word, shown[:-1], printed)) and printed[-1].startswith(shown[-1])
    return len(shown) == len(printed) and all(map(same_word, shown, printed))


def same(shown, printed):
    """A line `...` stands for one line or more; empty lines do not count."""
    shown = [line for line in shown if line.strip()]
    printed = [line for line in printed if line.strip()]
    reached = {0}  # how many printed lines the shown ones so far can stand for
    for line in shown:
        if line.strip() == "...":
            reached = set(range(min(reached) + 1, len(printed) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in reached if at < len(printed) and same_line(line, printed[at])}
    return len(printed) in reached


def follow(page_steps, folder, tools=None, **extra):
    """Runs the commands in one shell: (exit code, printed lines) of each that was reached. `tools` is a folder of programs."""
    home = folder / "home"
    start = folder / "empty"
    for place in (home, start):
        place.mkdir()
    (home / "slipway").symlink_to(REPOSITORY)
    address = f"127.0.0.1:{free_port()}"
    script = folder / "tour.sh"
    script.write_text("".join(
        f"{step.command.replace(ADDRESS, address)}\nprintf '\\n@%s %s@\\n' {number} $?\n"
        for number, step in enumerate(page_steps)))
    # Where the page says nothing of ports, these stand for 8080 and 8081.
    settings = environment(
        HOME=str(home), XDG_CONFIG_HOME=str(home / ".config"), PATH=f"{BINARY.parent}:{f'{tools}:' if tools else ''}{os.environ['PATH']}",
        SLIPWAY_PORT=address.split(":")[1], SLIPWAY_GRPC_PORT=str(free_port()), SLIPWAY_SERVER=f"http://{address}", **extra)
    shell = subprocess.Popen(
        ["bash", "--noprofile", "--norc", str(script)], cwd=start, env=settings, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        printed, _ = shell.communicate(timeout=300)
    finally:
        try:
            os.killpg(shell.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    printed = printed.replace(address, ADDRESS).replace(str(start), "/home/me").replace(str(home), "/home/me")
    answers = re.split(r"^@(\d+) (\d+)@\n", printed, flags=re.MULTILINE)
    return [(int(code), text.splitlines()) for text, code in zip(answers[0::3], answers[2::3])]


def test_the_tour_goes_as_the_page_says(tmp_path):
    page_steps = steps(PAGE.read_text())
    commands = "\n".join(step.command for step in page_steps)
    for part in ["serve --auth", "space set-policy", "dataset push", "promote tumours:1", "promotion approve",
                 "deploy tumours:2", "why tumours", "audit verify"]:
        assert part in commands, f"the page no longer says {part}"
    answers = follow(page_steps, tmp_path)
    wrong = []
    for step, (code, printed) in zip(page_steps, answers):
        # What is refused is shown with its error; another exit code than 0 has to be printed by the page's own command.
        refused = any(line.startswith("error: ") for line in step.shown)
        if not same(step.shown, printed) or (code != 0) != refused:
            wrong.append("\n  ".join(
                [f"{PAGE.name}:{step.line}: {step.command}", "shown:", *step.shown, f"printed, exit code {code}:", *printed]))
    assert not wrong, "\n\n".join(wrong)
    assert len(answers) == len(page_steps), f"the shell ended after {len(answers)} of {len(page_steps)} commands"


@pytest.mark.parametrize("shown, printed, verdict", [
    (["made the space dev"], ["made the space dev"], True),
    (["made the space dev"], ["made the space test"], False),
    (["made the space dev"], [], False),
    ([], ["error: no"], False),
    (["a", "..."], ["a", "b", "c"], True),
    (["a", "..."], ["a"], False),
    (["a", "...", "c"], ["a", "b", "c"], True),
    (["a", "...", "c"], ["a", "b", "d"], False),
    (["a ..."], ["a b c"], True),
    (["b ..."], ["a b c"], False),
    (["a b1..."], ["a b12 c"], True),
    (["a b1..."], ["a b22 c"], False),
    (["a b c ..."], ["a b"], False),
    (["accuracy 0.7076 FAILED"], ["accuracy  0.7076001  FAILED"], True),
    (["accuracy 0.7076 FAILED"], ["accuracy 0.7176 FAILED"], False),
    (["accuracy 0.7076 FAILED"], ["accuracy 0.7076 ok"], False),
    (["at least 9"], ["at least 8"], False),
    (["since 2026-03-01 09:30 UTC, by olga"], ["since 2027-11-30 19:00 UTC, by olga"], True),
    (["since 2026-03-01 09:30 UTC, by olga"], ["since 2027-11-30 19:00 UTC, by dana"], False),
    (["the key 2mecspccckz1 of dana"], ["the key 0mecspcccku9 of dana"], True),
    (["the key 2mecspccckz1 of dana"], ["the key 0mecspcccku9 of vera"], False),
    (["p50 0.04 ms, p99 0.09 ms"], ["p50 1.2 ms, p99 3 ms"], True),
])
def test_what_is_shown_is_held_against_what_is_printed(shown, printed, verdict):
    assert same(shown, printed) is verdict


def test_commands_and_what_they_print_are_read_out_of_a_page():
    page = "Text.\n\n    $ one\n    printed\n\n    more\n    $ two \\\n        --flag\n\nText\n\n    no command\n"
    assert steps(page) == [Step(3, "one", ["printed", "", "more"]), Step(7, "two \\\n    --flag", [])]
