"""Sends rows of a CSV file to the endpoint, one prediction each, and tells the truth about them a little later.

usage: send.py FILE [--server URL] [--endpoint NAME] [--rows N] [--no-truth] [--repeat N] [--rate N]

Needs nothing but Python. The truth goes by the input `sample`, as it would when a laboratory reports days later.
"""

import argparse
import csv
import http.client
import json
import time
import urllib.parse

parser = argparse.ArgumentParser(description="Sends rows to an endpoint, and the truth about them.")
parser.add_argument("file")
parser.add_argument("--server", default="http://127.0.0.1:8080")
parser.add_argument("--endpoint", default="tumours")
parser.add_argument("--rows", type=int, default=None, help="only the first so many")
parser.add_argument("--no-truth", action="store_true", help="predictions only")
parser.add_argument("--repeat", type=int, default=1, help="send the file so many times")
parser.add_argument("--rate", type=float, default=250, help="rows a second at most")
options = parser.parse_args()

KEY, TRUTH = "sample", "malignant"
with open(options.file, newline="") as file:
    rows = list(csv.DictReader(file))[: options.rows]
address = urllib.parse.urlsplit(options.server)
connection = http.client.HTTPConnection(address.hostname, address.port or 80, timeout=60)


def post(path, body):
    connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise SystemExit(f"{path}: {response.status} {answer.decode(errors='replace')}")
    return json.loads(answer)


def tensor(name, text):
    if name == KEY:
        return {"name": name, "datatype": "INT64", "shape": [1, 1], "data": [int(text)]}
    return {"name": name, "datatype": "FP32", "shape": [1, 1], "data": [float(text)]}


totals = {}


def tell(rows):
    items = [{"key": row[KEY], "truth": int(row[TRUTH])} for row in rows]
    for name, count in post(f"/api/v1/spaces/default/deployments/{options.endpoint}/feedback", {"items": items}).items():
        if isinstance(count, int):
            totals[name] = totals.get(name, 0) + count


right = known = sent = 0
begun = time.monotonic()
for turn in range(options.repeat):
    for start in range(0, len(rows), 500):
        some = rows[start : start + 500]
        for row in some:
            inputs = [tensor(name, text) for name, text in row.items() if name != TRUTH]
            answer = post(f"/v2/models/{options.endpoint}/infer", {"inputs": inputs})
            sent += 1
            time.sleep(max(0, begun + sent / options.rate - time.monotonic()))
            if TRUTH in row:
                label = next(output["data"][0] for output in answer["outputs"] if output["name"] == "label")
                right += label == int(row[TRUTH])
                known += 1
        if turn == 0 and TRUTH in rows[0] and not options.no_truth:
            tell(some)
print(f"{sent} predictions" + (f", {right / known:.1%} of them right" if known else ""))
if totals:
    print("truth told: " + ", ".join(f"{name} {count}" for name, count in totals.items()))
