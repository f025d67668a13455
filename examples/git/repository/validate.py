"""Ends with 1 unless data/train.csv is fit to learn from."""

import csv
import math
import sys

TRUTH = "diagnosis"
FEWEST = 100

with open("data/train.csv", newline="") as file:
    rows = list(csv.DictReader(file))

problems = []
if len(rows) < FEWEST:
    problems.append(f"{len(rows)} rows, at least {FEWEST} are needed")
for line, row in enumerate(rows, 2):
    if row[TRUTH] not in ("benign", "malignant"):
        problems.append(f"line {line}: {TRUTH} is {row[TRUTH]!r}")
    for name, cell in row.items():
        if name != TRUTH and not 0 <= float(cell or "nan") < math.inf:
            problems.append(f"line {line}: {name} is {cell!r}")

if problems:
    sys.exit("\n".join(problems[:10]))
print(f"{len(rows)} rows are fit to learn from")
