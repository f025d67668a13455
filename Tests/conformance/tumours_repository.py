"""A real local git repository with the example's real training script, for tests that go from a commit to production."""

import os
import pathlib
import shutil
import subprocess
import sys

from slipway_server import BINARY, REPOSITORY, environment

EXAMPLE = REPOSITORY / "examples/git"


def shell_environment(home, **extra):
    """What programs get that a user would start: slipway and a Python with scikit-learn on the path, no settings of the
    developer's."""
    path = f"{BINARY.parent}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    return environment(
        PATH=path, HOME=str(home), GIT_CONFIG_NOSYSTEM="1", GIT_AUTHOR_NAME="Dana", GIT_AUTHOR_EMAIL="dana@example.org",
        GIT_COMMITTER_NAME="Dana", GIT_COMMITTER_EMAIL="dana@example.org", OMP_NUM_THREADS="1", **extra)


class GitRepository:
    """A bare repository, as a Git service has one, and a clone of it to work in."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.home = self.folder / "home"
        self.home.mkdir(parents=True)
        self.bare = self.folder / "tumours.git"
        self.work = self.folder / "work"
        self.run("git", "init", "--quiet", "--bare", "--initial-branch=main", self.bare, cwd=self.folder)
        self.run("git", "clone", "--quiet", self.bare, self.work, cwd=self.folder)
        self.git("checkout", "--quiet", "-b", "main")
        shutil.copytree(EXAMPLE / "repository", self.work, dirs_exist_ok=True)

    @property
    def url(self):
        return f"file://{self.bare}"

    def run(self, *command, cwd=None, check=True, env=None):
        result = subprocess.run(
            list(map(str, command)), cwd=cwd or self.work, env=shell_environment(self.home, **(env or {})),
            capture_output=True, text=True, timeout=300)
        assert not check or result.returncode == 0, f"{command}:\n{result.stdout}{result.stderr}"
        return result

    def start(self, *command, env):
        """The same without waiting for its end."""
        return subprocess.Popen(
            list(map(str, command)), cwd=self.work, env=shell_environment(self.home, **env), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def git(self, *arguments, **options):
        return self.run("git", *arguments, **options).stdout.strip()

    def commit(self, message="a commit"):
        """Everything as it is; gives the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def push(self, branch="main"):
        """What git says, the hook's words included."""
        return self.run("git", "push", "--force", "origin", f"HEAD:{branch}").stderr

    def train_with(self, freedom):
        """Changes how the model is trained."""
        self.replace("train.py", r"FREEDOM = .*", f"FREEDOM = {freedom}")

    def replace(self, file, pattern, text):
        self.run("sed", "-i", f"s/{pattern}/{text}/", file)


def make_spaces(server, prod_policy=None):
    """dev, test and prod as the example has them, and in prod the rows that nobody has seen."""
    for space in ("dev", "test", "prod"):
        server.cli("space", "create", space)
    server.cli("space", "set-policy", "test", "--file", EXAMPLE / "test.yaml")
    server.cli("space", "set-policy", "prod", "--file", prod_policy or EXAMPLE / "prod.yaml")
    server.cli("dataset", "push", EXAMPLE / "unseen.csv", "--name", "tumours-unseen", "--space", "prod")
