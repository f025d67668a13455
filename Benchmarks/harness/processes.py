"""Processes of the benchmark: started in groups of their own, watched, and always stopped."""

import os
import pathlib
import signal
import socket
import subprocess
import time


class WrongAnswer(Exception):
    """A server did not start, died, or answered wrongly: the one kind of failure that fails the benchmark."""


def environment(**extra):
    """The environment of every process we start: no telemetry, and of the user's own Slipway settings only where ONNX
    Runtime is to be found, so that everybody's server is measured with its defaults."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SLIPWAY_") or k == "SLIPWAY_ONNXRUNTIME"}
    return kept | {"ORT_DISABLE_TELEMETRY": "1"} | extra


def free_ports(count):
    """Ports of loopback that nobody listens on, all different because all are held until the last is found."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()


def free_port():
    return free_ports(1)[0]


def _stat(pid):
    """The fields of /proc/PID/stat after the command's name: state, parent, ...; None when it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() or None
    except OSError:
        return None


def _born(pid):
    fields = _stat(pid)
    return fields[19] if fields else None


def family(pid):
    """`pid` and all its living descendants."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting.extend(children.get(current, []))
    return found


def proportional_memory(pid):
    """The sum of Pss over a process and its descendants in bytes, and how many they are."""
    total, count = 0, 0
    for member in family(pid):
        try:
            lines = pathlib.Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
        count += 1
    return total, count


class Process:
    """One server under test. A context manager: whatever happens inside, it and its children are gone afterwards."""

    def __init__(self, name, command, log, cwd=None, env=None):
        self.name, self.command, self.log = name, [str(part) for part in command], pathlib.Path(log)
        self.cwd, self.env = cwd, env or environment()
        self.child = None

    def __enter__(self):
        with open(self.log, "ab") as output:
            self.started = time.perf_counter()
            self.child = subprocess.Popen(
                self.command, cwd=self.cwd, env=self.env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                # A group of its own for signals, but no session: see "One session" in README.md.
                process_group=0,
            )
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.child.pid

    def check_alive(self):
        if self.child.poll() is not None:
            raise WrongAnswer(f"{self.name} ended with {self.child.returncode}; its last words:\n{self.last_words()}")

    def last_words(self, lines=15):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def pause(self):
        self._signal_group(signal.SIGSTOP)

    def resume(self):
        self._signal_group(signal.SIGCONT)

    def stop(self, grace=10):
        """SIGTERM to the process, `grace` seconds, then SIGKILL to its group and to whatever it had started.
        Returns its exit status, negative when a signal ended it."""
        if self.child is None:
            return None
        members = [(pid, _born(pid)) for pid in family(self.pid)[1:]]
        self.resume()
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(grace)
            except subprocess.TimeoutExpired:
                pass
        self._signal_group(signal.SIGKILL)
        for member, born in members:
            _kill_if_same(member, born)
        return self.child.wait()

    def _signal_group(self, number):
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def _kill_if_same(pid, born):
    """Kills a descendant that had left the group; a recycled pid was born at another time and is let alone."""
    try:
        if born is not None and _born(pid) == born:
            os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def run(command, timeout=120, check=True, env=None):
    """Runs a command to its end; a failure is a failure of the benchmark unless `check` is off."""
    command = [str(part) for part in command]
    result = subprocess.run(
        command, env=env or environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
    )
    if check and result.returncode != 0:
        raise WrongAnswer(f"{' '.join(command)} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result
