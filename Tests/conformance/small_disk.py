"""A disk that is soon full: a file system of its own, and a file that takes the room there is."""

import contextlib
import os
import subprocess

import pytest


@contextlib.contextmanager
def mounted(path, options):
    """A small file system of its own."""
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"this user may not mount a small file system: {done.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


class Filler:
    """A file that takes all the room there is, but for `left` bytes."""

    def __init__(self, server, left=0):
        self.path = server.data.parent / "filler"
        with self.path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * (1 << 16))
        with self.path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
        os.truncate(self.path, max(0, self.path.stat().st_size - left))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.path.unlink()
