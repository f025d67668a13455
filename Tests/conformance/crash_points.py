"""kill -9 at any system call: what test_crash.py does for pushes and deploys, for others to use."""

import http.client
import re
import shutil
import signal
import subprocess
import uuid

from slipway_server import SlipwayServer
from test_crash import SYSCALLS, CheckerDied, Tracer, World, assert_intact, crash_everywhere, file_entry, push, some  # noqa: F401


def server_crashes(world, operation, check, prepare=lambda server: None):
    """Kills the server at system calls of `operation`; `check(server, acknowledged, context)` looks at what a new one
    has. Nothing is tried again: an operation without a key is the caller's to repeat."""
    counting = world.server()
    prepare(counting)
    tracer = Tracer(counting.process.pid, world.folder / "count.txt")
    operation(counting)
    tracer.stop()
    counting.kill()
    points = some([(name, n) for name, most in sorted(tracer.most_by_thread().items()) for n in range(1, most + 1)])
    killed = 0
    for name, number in points:
        server = world.server()
        prepare(server)
        tracer = Tracer(server.process.pid, world.folder / "kill.txt", inject=(name, number))
        try:
            operation(server)
            acknowledged = True
        except (OSError, http.client.HTTPException, AssertionError):
            acknowledged = False
        finally:
            tracer.stop()
            killed += server.process.poll() == -signal.SIGKILL
            server.kill()
        again = SlipwayServer(server.data, flags=server.flags, log=server.log, port=server.port).start()
        check(again, acknowledged, f"killed at {name} number {number}")
        assert_intact(again)
        again.kill()
        shutil.rmtree(server.data)
    print(f"killed at {killed} of {len(points)} points")
    assert killed >= len(points) // 2, f"only {killed} of {len(points)} kills happened"


def command_crashes(folder, command, check, calls, prepare=lambda: None):
    """Kills a command at system calls of a kind in `calls`; `check(code, context)` looks at what is there then."""
    log = folder / "command.txt"

    def run(*expression):
        prepare()
        return subprocess.run(
            ["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={','.join(calls)}", *expression, *map(str, command)],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=120)

    done = run()
    assert done.returncode == 0, done
    check(0, "nothing killed")
    counts = {}
    for line in log.read_text(errors="replace").splitlines():
        found = re.match(r"(\d+)\s+(\w+)\(", line)
        if found:
            counts[found[1], found[2]] = counts.get((found[1], found[2]), 0) + 1
    most = {}
    for (_, name), count in counts.items():
        most[name] = max(most.get(name, 0), count)
    killed = 0
    points = some([(name, number) for name, count in sorted(most.items()) for number in range(1, count + 1)])
    for name, number in points:
        done = run("-e", f"inject={name}:signal=KILL:when={number}")
        killed += done.returncode != 0
        check(done.returncode, f"killed at {name} number {number}")
    print(f"killed at {killed} of {len(points)} points")
    assert killed >= len(points) // 2, f"only {killed} of {len(points)} kills happened"


def new_key():
    return str(uuid.uuid4())
