"""Writes files of a prediction ledger in the format of docs/reference/ledger.md, a million predictions in seconds: what real
servers would have written down for one row of the iris model each."""

import struct

import numpy

POLYNOMIAL = 0x82F63B78
TABLE = numpy.zeros(256, numpy.uint32)
for index in range(256):
    value = index
    for _ in range(8):
        value = (value >> 1) ^ (POLYNOMIAL if value & 1 else 0)
    TABLE[index] = value


def crc32c(bytes_, begun=0):
    state = begun ^ 0xFFFFFFFF
    for byte in bytes_:
        state = int(TABLE[(state ^ byte) & 0xFF]) ^ (state >> 8)
    return state ^ 0xFFFFFFFF


def crc32c_of_each(matrix, begun):
    """The checksum of each line of a matrix of bytes, continued from `begun`."""
    state = numpy.full(len(matrix), begun ^ 0xFFFFFFFF, numpy.uint32)
    for column in matrix.T:
        state = TABLE[(state ^ column) & 0xFF] ^ (state >> 8)
    return state ^ numpy.uint32(0xFFFFFFFF)


def text(value):
    return struct.pack("<I", len(value)) + value.encode()


ABSENT = b"\xff\xff\xff\xff"


def tensor(kind, name, dimensions, size):
    return struct.pack("<BB", 0, kind) + text(name) + struct.pack(
        f"<I{len(dimensions)}Q", len(dimensions), *dimensions) + struct.pack("<I", size)


def header(space, endpoint, model, made_at):
    body = b"SLWLEDG\x01" + b"\0\0\0\0" + struct.pack("<qIQ", made_at, 30, 1 << 33)
    body += text(space) + text(endpoint) + text(model)
    body = body[:8] + struct.pack("<I", len(body) + 4) + body[12:]
    return body + struct.pack("<I", crc32c(body))


def write(folder, first, ids, times, versions, features, labels, probabilities, per_file=250_000, requests=None):
    """One record a prediction, in order, into files numbered from `first`.

    `ids` is a pair of arrays of 64 bits; `times` are microseconds since 1970; `requests` are texts of one length.
    """
    folder.mkdir(parents=True, exist_ok=True)
    request_bytes = len(requests[0]) if requests is not None else 0
    caller = text("local")
    pieces = [
        ("kind", "u1"), ("fault", "u1"), ("time", "<i8"), ("high", "<u8"), ("low", "<u8"), ("revision", "<u4"),
        ("version", "<u4"), ("latency", "<u8"), ("caller", f"V{len(caller)}"), ("key", "V4"), ("variant", "V4"),
        ("request", "V4" if requests is None else f"V{4 + request_bytes}"), ("inputs", "<u4"),
        ("features_head", f"V{len(tensor(12, 'features', [1, 4], 16))}"), ("features", "<f4", 4), ("outputs", "<u4"),
        ("label_head", f"V{len(tensor(5, 'label', [1], 8))}"), ("label", "<i8"),
        ("probabilities_head", f"V{len(tensor(12, 'probabilities', [1, 3], 12))}"), ("probabilities", "<f4", 3),
    ]
    layout = numpy.dtype(pieces)
    for number, start in enumerate(range(0, len(times), per_file)):
        part = slice(start, min(start + per_file, len(times)))
        rows = numpy.zeros(part.stop - part.start, layout)
        rows["kind"], rows["revision"], rows["latency"], rows["inputs"], rows["outputs"] = 1, 1, 12_345, 1, 2
        rows["time"], rows["high"], rows["low"] = times[part], ids[0][part], ids[1][part]
        rows["version"], rows["label"] = versions[part], labels[part]
        rows["features"], rows["probabilities"] = features[part], probabilities[part]
        for name, value in (
            ("caller", caller), ("key", ABSENT), ("variant", ABSENT),
            ("features_head", tensor(12, "features", [1, 4], 16)), ("label_head", tensor(5, "label", [1], 8)),
            ("probabilities_head", tensor(12, "probabilities", [1, 3], 12)),
        ):
            rows[name] = numpy.void(value)
        if requests is None:
            rows["request"] = numpy.void(ABSENT)
        else:
            rows["request"] = numpy.array([numpy.void(text(value)) for value in requests[part]])
        mark = 0x5F3A9C01 + number
        payload = rows.view(numpy.uint8).reshape(len(rows), layout.itemsize)
        length = numpy.frombuffer(struct.pack("<I", layout.itemsize), numpy.uint8)
        framed = numpy.empty((len(rows), 12 + layout.itemsize), numpy.uint8)
        framed[:, :4] = numpy.frombuffer(struct.pack("<I", mark), numpy.uint8)
        framed[:, 4:8] = length
        framed[:, 12:] = payload
        checked = numpy.concatenate([framed[:, 4:8], framed[:, 12:]], axis=1)
        framed[:, 8:12] = crc32c_of_each(checked, mark).astype("<u4").view(numpy.uint8).reshape(-1, 4)
        name = f"{first + number:016x}-{mark:08x}.seg"
        (folder / name).write_bytes(header("default", folder.name, "iris", int(times[part.start])) + framed.tobytes())
