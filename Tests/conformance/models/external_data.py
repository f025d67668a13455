"""Models whose weights lie in files beside them, and what an attacker makes of that.

The file `outside/secret.bin` stands for one of the server's own: it holds valid weights, so a server that follows the
way out does not fail but answers with them.
"""

import os

import numpy
from onnx import StringStringEntryProto, TensorProto
from recipes import REFUSED, Recipe, floats, graph, model, node, seeded, tensor

WIDTH = 4
WEIGHTS, BIAS = seeded(WIDTH, WIDTH, seed=9), seeded(WIDTH, seed=10)
CASES = [("two rows", {"x": floats([1, 0, 0, 0], [1, 2, 3, 4])})]


def recipes():
    yield good("external_data", "weights.bin", "weights.bin")
    yield good("external_data_folders", "data/weights.bin", "data/more/bias.bin")
    yield attack("external_dotdot", "../outside/secret.bin", "points out of its folder with ..")
    yield attack("external_inner_dotdot", "data/../../outside/secret.bin", "points out of its folder, .. in the middle")
    yield attack("external_absolute", None, "points to an absolute path")
    yield attack("external_symlink", "weights.bin", "its data file is a symbolic link out of the folder", symlink)
    yield attack("external_symlink_folder", "data/secret.bin", "its data folder is a symbolic link", symlink_folder)
    yield attack("external_hardlink", "weights.bin", "its data file is a hard link to one outside", hard_link)
    yield attack("external_missing", "weights.bin", "its data file is not there")
    yield attack("external_short", "weights.bin", "its data file is shorter than its weights", cut_off)
    yield attack("external_offset", "weights.bin", "its offset lies beyond 64 bits", whole_file, offset=2**64 + 8)


def external(name, values, location, offset=0):
    """A tensor that says where its bytes are."""
    claimed = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=values.shape)
    claimed.data_location = TensorProto.EXTERNAL
    entries = {"location": location, "offset": str(offset), "length": str(values.nbytes)}
    claimed.external_data.extend(StringStringEntryProto(key=key, value=value) for key, value in entries.items())
    return claimed


def serialized(name, weights, bias):
    nodes = [node("MatMul", ["x", "weights"], ["product"]), node("Add", ["product", "bias"], ["y"])]
    shape = ["batch", WIDTH]
    whole = graph(name, nodes, [tensor("x", "FP32", shape)], [tensor("y", "FP32", shape)], [weights, bias])
    return model(whole, check=False).SerializeToString()


def good(name, weights_file, bias_file):
    """Both tensors in one file, the bias behind the weights, or each in a file of its own."""
    together = weights_file == bias_file
    bias_offset = WEIGHTS.nbytes if together else 0

    def write(folder):
        files = {weights_file: WEIGHTS.tobytes()}
        files[bias_file] = files.get(bias_file, b"") + BIAS.tobytes()
        for path, content in files.items():
            (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / path).write_bytes(content)
        weights, bias = external("weights", WEIGHTS, weights_file), external("bias", BIAS, bias_file, bias_offset)
        made = serialized(name, weights, bias)
        (folder / name / "model.onnx").write_bytes(made)
        return name

    about = f"weights in {weights_file}" if together else f"weights in {weights_file}, bias in {bias_file}"
    return Recipe(name, about, cases=CASES, write=write, tolerance=1e-6)


def attack(name, location, about, arrange=None, offset=0):
    def write(folder):
        (folder / name).mkdir()
        (folder / "outside").mkdir(exist_ok=True)
        secret = folder / "outside" / "secret.bin"
        secret.write_bytes(WEIGHTS.tobytes() + BIAS.tobytes())
        if arrange:
            arrange(folder / name, secret)
        where = location or str(secret.resolve())
        weights, bias = external("weights", WEIGHTS, where, offset), external("bias", BIAS, where, WEIGHTS.nbytes)
        made = serialized(name, weights, bias)
        (folder / name / "model.onnx").write_bytes(made)
        return name

    return Recipe(name, about, expect=REFUSED, write=write)


def symlink(folder, secret):
    (folder / "weights.bin").symlink_to(os.path.relpath(secret, folder))


def symlink_folder(folder, secret):
    (folder / "data").symlink_to(os.path.relpath(secret.parent, folder))


def hard_link(folder, secret):
    os.link(secret, folder / "weights.bin")


def cut_off(folder, secret):
    (folder / "weights.bin").write_bytes(secret.read_bytes()[: numpy.dtype("f4").itemsize])


def whole_file(folder, secret):
    (folder / "weights.bin").write_bytes(secret.read_bytes())
