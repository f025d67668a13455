"""It keeps to itself: serve, push, deploy and predict in an empty network namespace reach for nobody and leave no file
outside the data folder.

Run as a program, this file is the inside of that namespace: FOLDER MODEL...
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))

from slipway_server import BINARY, REPOSITORY, SlipwayServer, environment

# Everything that talks to somebody or makes, changes or renames something by its path.
TRACED = ("socket,connect,bind,sendto,sendmsg,sendmmsg,open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,rename,"
          "renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,truncate,chmod,fchmodat")  # fmt: skip


def strace(log):
    # Without ORT_DISABLE_TELEMETRY: that is for our processes to set for themselves. Here nobody could be reached anyway.
    return ["env", "-u", "ORT_DISABLE_TELEMETRY", "strace", "-f", "-qq", "-y", "-s", "300", "-A", "-o", str(log), "-e",
            f"trace={TRACED}"]  # fmt: skip


# Inside ----------------------------------------------------------------------------------------------------------


def inside(folder, model):
    """The whole way of a model, each process under strace, its home, temporary and working folders empty."""
    places = {name: folder / name for name in ["home", "tmp", "work"]}
    for place in places.values():
        place.mkdir()
    os.chdir(places["work"])
    own = {"HOME": str(places["home"]), "TMPDIR": str(places["tmp"]), "XDG_CACHE_HOME": str(places["home"] / "cache")}
    os.environ.update(own)
    port = 18_080
    server = SlipwayServer(
        folder / "data", log=folder / "server.log", port=port, prefix=strace(folder / "serve.strace"), env=own)
    server.start()
    said = {}

    def slipway(name, *arguments):
        done = subprocess.run(
            [*strace(folder / f"{name}.strace"), str(BINARY), *map(str, arguments), "--server", server.url],
            capture_output=True, text=True, env=environment(**own), timeout=120)
        assert done.returncode == 0, done
        said[name] = done.stdout

    slipway("push", "model", "push", model, "--name", "iris")
    slipway("deploy", "deploy", "iris")
    request = (REPOSITORY / "examples" / "iris" / "request.json").read_text()
    slipway("predict", "predict", "iris", "--data", request, "--output", "json")
    slipway("status", "status")
    slipway("doctor", "doctor", "--verify")
    status, answer = server.json("POST", "/v2/models/iris/infer", json.loads(request))
    assert status == 200, answer
    # The next start loads the model before anybody asks for it.
    traced = server.children()[0]
    os.kill(traced, 15)
    assert server.process.wait(40) == 0
    server.start()
    assert server.json("POST", "/v2/models/iris/infer", json.loads(request))[0] == 200
    os.kill(server.children()[0], 15)
    server.process.wait(40)
    print(json.dumps({"answer": answer, "port": port}))


def tempt(folder):
    """What the test must notice, done on purpose: a look-up, a connection, a datagram, a file at home."""
    script = ("import os, socket\n"
              "try: socket.getaddrinfo('telemetry.example.com', 443)\n"
              "except OSError: pass\n"
              "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
              "try: s.sendto(b'x', ('192.0.2.1', 53))\n"
              "except OSError: pass\n"
              "s = socket.socket(socket.AF_INET6)\n"
              "try: s.connect(('2001:db8::1', 443))\n"
              "except OSError: pass\n"
              "open(os.environ['HOME'] + '/queue', 'w').write('x')\n")  # fmt: skip
    home = folder / "home"
    home.mkdir()
    subprocess.run(
        [*strace(folder / "tempted.strace"), sys.executable, "-c", script], check=True,
        env=environment(HOME=str(home)))


def python_runtime(folder, model):
    """The wheel as our tests use it."""
    home = folder / "home"
    home.mkdir()
    script = ("import onnxruntime, numpy, sys\n"
              "s = onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])\n"
              "print(s.run(None, {'features': numpy.ones((1, 4), 'f4')})[0][0])\n")  # fmt: skip
    subprocess.run(
        [*strace(folder / "python.strace")[3:], sys.executable, "-c", script, str(model)], check=True,
        env=environment(HOME=str(home), PYTHONDONTWRITEBYTECODE="1"), cwd=home)


if __name__ == "__main__":
    part, where = sys.argv[1], pathlib.Path(sys.argv[2])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    {"inside": inside, "tempt": tempt, "python_runtime": python_runtime}[part](where, *map(pathlib.Path, sys.argv[3:]))
    sys.exit()


# Outside ---------------------------------------------------------------------------------------------------------

import pytest


def in_empty_network(part, folder, *arguments):
    """Runs a part of this file where there is no network but its own loopback."""
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode != 0 or not shutil.which("strace"):
        pytest.skip("this user may not make a network namespace, or there is no strace")
    done = subprocess.run(
        [*unshare, sys.executable, __file__, part, str(folder), *map(str, arguments)], capture_output=True, text=True,
        timeout=300, env=environment(), stdin=subprocess.DEVNULL)
    logs = "".join(path.read_text(errors="replace") for path in folder.glob("*.log"))
    assert done.returncode == 0, done.stdout + done.stderr + logs
    return done.stdout


def strangers(lines, port):
    """Calls that reach for another host, or ask who that is."""
    found = []
    for line in lines:
        if not re.search(r"\b(connect|sendto|sendmsg|sendmmsg|bind|openat|open)\(", line):
            continue
        for address in re.findall(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"', line):
            if not any(a in ("127.0.0.1", "::1") for a in address):
                found.append(line)
        for reached in re.findall(r"\bconnect\(.*?sin6?_port=htons\((\d+)\)", line):
            if int(reached) != port:
                found.append(line)
        if re.search(r'"/etc/(resolv\.conf|hosts)"|systemd/resolve|avahi', line):
            found.append(line)
    return found


WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE")


def writers(lines, allowed):
    """Calls that make, change or rename something elsewhere than below the allowed paths."""
    found = []
    for line in lines:
        call = re.search(r"\b(\w+)\((.*)\)\s+= (-?\d+|\?)", line)
        if not call or call[1] in ("socket", "connect", "bind", "sendto", "sendmsg", "sendmmsg"):
            continue
        if call[1] in ("open", "openat", "openat2") and not WRITING.search(call[2]):
            continue
        for path in paths(call[2]):
            if not any(path == a or path.startswith(a.rstrip("/") + "/") for a in allowed):
                found.append(line)
    return found


def paths(arguments):
    """The absolute paths that a call names; relative ones are completed with the folder that strace shows."""
    found = []
    for folder, path in re.findall(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"', arguments):
        found.append(os.path.normpath(path if path.startswith("/") else f"{folder}/{path}"))
    return found


# What writing to is nobody's business: devices, and what the kernel says about the process itself.
HARMLESS = ["/dev/null", "/dev/tty", "/proc/self", "/proc/thread-self"]


@pytest.fixture(scope="module")
def traces(tmp_path_factory, examples):
    folder = tmp_path_factory.mktemp("privacy")
    result = json.loads(in_empty_network("inside", folder, examples / "iris" / "model.onnx"))
    assert result["answer"]["outputs"]
    lines = {path.stem: path.read_text(errors="replace").splitlines() for path in folder.glob("*.strace")}
    assert set(lines) == {"serve", "push", "deploy", "predict", "status", "doctor"}
    return folder, lines, result["port"]


def test_the_test_notices_what_it_is_looking_for(tmp_path):
    in_empty_network("tempt", tmp_path)
    lines = (tmp_path / "tempted.strace").read_text().splitlines()
    found = "\n".join(strangers(lines, 18_080))
    assert "192.0.2.1" in found
    assert "2001:db8::1" in found
    assert "/etc/resolv.conf" in found or "/etc/hosts" in found
    assert [line for line in writers(lines, [*HARMLESS, str(tmp_path / "data")]) if "queue" in line]


@pytest.mark.parametrize("name", ["serve", "push", "deploy", "predict", "status", "doctor"])
def test_nothing_reaches_for_another_host(traces, name):
    _, lines, port = traces
    assert any("connect(" in line or "bind(" in line for line in lines[name]), "the trace has no network calls at all"
    assert strangers(lines[name], port) == []


@pytest.mark.parametrize("name", ["serve", "push", "deploy", "predict", "status", "doctor"])
def test_nothing_is_written_outside_the_data_folder(traces, name):
    folder, lines, _ = traces
    allowed = [*HARMLESS, *([str(folder / "data")] if name == "serve" else [])]
    assert writers(lines[name], allowed) == []


def test_the_runtime_was_loaded_under_our_eyes(traces):
    """In the server and in a checker: so the silence above is that of the library too."""
    _, lines, _ = traces
    loaders = {line.split()[0] for line in lines["serve"] if "libonnxruntime" in line and "= -1" not in line}
    assert len(loaders) >= 2, loaders


def test_home_temporary_and_working_folders_stay_empty(traces):
    folder, _, _ = traces
    for name in ["home", "tmp", "work"]:
        assert list((folder / name).rglob("*")) == []
    assert sorted(p.name for p in folder.iterdir() if not p.name.endswith((".strace", ".log"))) == [
        "data", "home", "tmp", "work"]


def test_python_s_runtime_is_silent_in_our_tests(tmp_path, examples):
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
    in_empty_network("python_runtime", tmp_path, examples / "iris" / "model.onnx")
    lines = (tmp_path / "python.strace").read_text(errors="replace").splitlines()
    assert strangers(lines, 18_080) == []
    assert writers(lines, HARMLESS) == []
    assert list((tmp_path / "home").rglob("*")) == []


def test_a_server_that_is_told_otherwise_by_its_environment_stays_silent_too(new_server, tmp_path):
    """The variable is set again, whatever the caller's environment says; the runtime would leave its queue at home."""
    home = tmp_path / "home"
    home.mkdir()
    server = new_server("data", env={"ORT_DISABLE_TELEMETRY": "0", "HOME": str(home)})
    server.deploy(REPOSITORY / "examples" / "iris" / "model.onnx", "iris")
    assert server.json("GET", "/v2/models/iris/ready")[0] == 200
    for child in server.children():
        inherited = pathlib.Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        assert [entry for entry in inherited if entry.startswith(b"ORT_DISABLE_TELEMETRY=")] == [
            b"ORT_DISABLE_TELEMETRY=1"]
    assert server.children()
    assert list(home.rglob("*")) == []
