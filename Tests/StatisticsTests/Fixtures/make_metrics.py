"""Writes metrics.json: random and degenerate cases, and what scikit-learn answers to them.

usage: make_metrics.py [FILE]

StatisticsTests compares Slipway's own metrics with these answers; Tests/conformance/test_metrics_agree.py makes them again
and compares, so that the file cannot be anything but what scikit-learn says. An answer of null means that scikit-learn
raises, answers not-a-number, or warns that the metric is ill-defined for the one class that is asked for.
"""

import json
import math
import pathlib
import random
import sys
import warnings

import numpy
from sklearn import metrics
from sklearn.exceptions import UndefinedMetricWarning

HERE = pathlib.Path(__file__).resolve().parent


def answer(function, *arguments, **options):
    """The metric as a number or None. In averages, scikit-learn counts an ill-defined class as 0, and so do we."""
    averages = options.get("average") in ("macro", "weighted")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = float(function(*arguments, **options))
        except (ValueError, IndexError):
            return None
    for warning in caught:
        ill_defined = issubclass(warning.category, UndefinedMetricWarning) or "No positive class" in str(warning.message)
        if ill_defined and not averages:
            return None
    return value if math.isfinite(value) else None


# Labels


def of_labels(truth, predicted, classes):
    """Every metric of labels; `classes` is how many there are, whether or not they occur."""
    answers = {
        "accuracy": answer(metrics.accuracy_score, truth, predicted),
        "balanced_accuracy": answer(metrics.balanced_accuracy_score, truth, predicted),
    }
    for name, function in [
        ("precision", metrics.precision_score), ("recall", metrics.recall_score), ("f1", metrics.f1_score)
    ]:
        for average in ["macro", "weighted"]:
            answers[f"{name}_{average}"] = answer(function, truth, predicted, average=average)
        for index in range(classes):
            # As a binary classification: labels=[index] would hide the warning behind an average.
            answers[f"{name}_{index}"] = answer(
                function, [int(label == index) for label in truth], [int(label == index) for label in predicted])
    return answers


def label_cases(dice):
    def case(name, truth, predicted, classes):
        return {"name": name, "classes": classes, "truth": truth, "predicted": predicted,
                "answers": of_labels(truth, predicted, classes)}

    yield case("one row, right", [1], [1], 2)
    yield case("one row, wrong", [0], [1], 2)
    yield case("one class, all right", [0] * 5, [0] * 5, 2)
    yield case("one class, predicted otherwise", [0, 0, 0, 0], [0, 2, 1, 1], 3)
    yield case("all wrong", [0, 1, 0, 1], [1, 0, 1, 0], 2)
    yield case("constant predictions", [0, 1, 1, 0, 1], [1] * 5, 2)
    yield case("a class that is only predicted", [0, 0, 1, 1], [0, 2, 1, 2], 3)
    yield case("a class that is never predicted", [0, 1, 2, 2], [0, 1, 1, 0], 3)
    yield case("a class that does not occur", [0, 2, 2, 0], [0, 2, 0, 0], 4)
    yield case("no rows", [], [], 2)
    for number in range(30):
        classes, rows = dice.randrange(2, 7), dice.choice([2, 3, 10, 40, 120])
        noise = dice.choice([0.05, 0.3, 0.9])
        weights = [dice.random() ** 3 + 0.01 for _ in range(classes)]
        truth = dice.choices(range(classes), weights, k=rows)
        predicted = [dice.randrange(classes) if dice.random() < noise else label for label in truth]
        yield case(f"random {number}", truth, predicted, classes)


# Scores and probabilities


def of_scores(truth, columns):
    """`columns` has one list for each class; truth and scores are scikit-learn's, class by class and averaged."""
    classes = len(columns)
    matrix = numpy.array(columns, float).T.reshape(len(truth), classes)
    labels = list(range(classes))
    answers = {}
    for index in labels:
        binary = [int(label == index) for label in truth]
        answers[f"roc_auc_{index}"] = answer(metrics.roc_auc_score, binary, matrix[:, index])
        answers[f"pr_auc_{index}"] = answer(metrics.average_precision_score, binary, matrix[:, index])
    answers["log_loss"] = answer(metrics.log_loss, truth, matrix, labels=labels)
    if classes == 2:
        for index in labels:
            answers[f"brier_{index}"] = answer(metrics.brier_score_loss, truth, matrix[:, index], pos_label=index)
    else:
        answers["brier_0"] = answer(metrics.brier_score_loss, truth, matrix, labels=labels)
        for average in ["macro", "weighted"]:
            answers[f"roc_auc_{average}"] = average_of_ranks(
                metrics.roc_auc_score, truth, matrix, multi_class="ovr", labels=labels, average=average)
            # Without a `labels` of its own it raises when a class does not occur: that is undefined here too.
            if len(set(truth)) == classes:
                answers[f"pr_auc_{average}"] = average_of_ranks(
                    metrics.average_precision_score, truth, matrix, average=average)
    return answers


def average_of_ranks(function, truth, matrix, **options):
    """An average over classes of which one is ill-defined is not-a-number, or leaves the class out: both are taken as is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = float(function(truth, matrix, **options))
        except (ValueError, IndexError):
            return None
    return value if math.isfinite(value) else None


def score_cases(dice):
    def case(name, truth, columns):
        # JSON has no not-a-number; the words stand for it.
        written = [[value if math.isfinite(value) else str(value) for value in column] for column in columns]
        return {"name": name, "truth": truth, "scores": written, "answers": of_scores(truth, columns)}

    def binary(name, truth, ones):
        return case(name, truth, [[1 - value for value in ones], ones])

    yield binary("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
    yield binary("the wrong way round", [1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9])
    yield binary("constant", [0, 1, 1, 0, 1], [0.3] * 5)
    yield binary("only positives", [1, 1, 1], [0.2, 0.9, 0.5])
    yield binary("only negatives", [0, 0, 0], [0.2, 0.9, 0.5])
    yield binary("certain and right", [0, 1, 1], [0.0, 1.0, 1.0])
    yield binary("certain and wrong", [0, 1, 1], [1.0, 0.0, 1.0])
    yield binary("next to certain", [0, 1], [1e-300, 1 - 2**-53])
    yield binary("one positive row", [1], [0.7])
    yield binary("no rows", [], [])
    yield case("no probabilities, but scores", [0, 1, 1], [[0.5, -2.0, -1.0], [-0.5, 2.0, 1.0]])
    yield case("above one", [0, 1, 1], [[-0.25, 0.5, 0.5], [1.25, 0.5, 0.5]])
    yield case("not a number", [0, 1, 1], [[0.5, math.nan, 0.5], [0.5, 0.5, 0.5]])
    yield case("infinite", [0, 1, 1], [[0.5, 0.5, 0.5], [0.5, math.inf, 0.5]])
    yield case("not summing to one", [0, 1, 2, 1], [[0.2, 0.5, 0.3, 0.2], [0.2, 0.2, 0.2, 0.2], [0.1, 0.1, 0.3, 0.6]])
    yield case("three classes, one without rows", [0, 0, 1], [[0.5, 0.6, 0.1], [0.25, 0.2, 0.8], [0.25, 0.2, 0.1]])
    yield case("three classes, only one of them", [1, 1, 1], [[0.5, 0.6, 0.1], [0.25, 0.2, 0.8], [0.25, 0.2, 0.1]])
    for number in range(16):
        rows, digits = dice.choice([2, 5, 30, 80]), dice.choice([1, 2, 6])
        truth = [int(dice.random() < 0.4) for _ in range(rows)]
        skill = dice.random()
        ones = [round(min(1, max(0, skill * label * 0.5 + dice.random() * (1 - skill * 0.5))), digits) for label in truth]
        yield binary(f"random binary {number}", truth, ones)
    for number in range(14):
        classes, rows, digits = dice.randrange(3, 6), dice.choice([6, 20, 60]), dice.choice([2, 6])
        truth = [dice.randrange(classes) for _ in range(rows)]
        columns = [[] for _ in range(classes)]
        for label in truth:
            raw = [dice.random() + (1.0 if label == index else 0.0) for index in range(classes)]
            rounded = [round(value / sum(raw), digits) for value in raw[:-1]]
            # The last one takes what is left, so that rows sum to 1 and ties stay.
            for column, value in zip(columns, rounded + [max(0.0, 1 - sum(rounded))]):
                column.append(value)
        yield case(f"random {number}", truth, columns)


# Numbers


def of_numbers(truth, predicted):
    return {
        "mae": answer(metrics.mean_absolute_error, truth, predicted),
        "rmse": answer(metrics.root_mean_squared_error, truth, predicted),
        "r2": answer(metrics.r2_score, truth, predicted),
        "mape": answer(metrics.mean_absolute_percentage_error, truth, predicted),
    }


def number_cases(dice):
    def case(name, truth, predicted):
        written = lambda values: [value if math.isfinite(value) else str(value) for value in values]
        return {"name": name, "truth": written(truth), "predicted": written(predicted),
                "answers": of_numbers(truth, predicted)}

    yield case("perfect", [1.0, 2.0, 4.0], [1.0, 2.0, 4.0])
    yield case("one row", [1.0], [2.0])
    yield case("one row, right", [1.0], [1.0])
    yield case("no rows", [], [])
    yield case("constant truth", [2.0, 2.0, 2.0], [1.0, 2.0, 4.0])
    yield case("constant truth, all right", [2.0, 2.0, 2.0], [2.0, 2.0, 2.0])
    yield case("constant predictions", [1.0, 2.0, 6.0], [3.0, 3.0, 3.0])
    yield case("worse than the mean", [1.0, 2.0, 3.0], [3.0, 2.0, 1.0])
    yield case("a truth of zero", [0.0, 1.0, -2.0], [0.5, 1.0, -2.5])
    yield case("a truth of zero, hit", [0.0, 1.0], [0.0, 1.5])
    yield case("far from zero", [1e9 + 1, 1e9 + 2, 1e9 + 4], [1e9 + 1, 1e9 + 3, 1e9 + 4])
    yield case("tiny", [1e-200, 2e-200, 4e-200], [1e-200, 3e-200, 4e-200])
    yield case("too large to square", [1e200, -1e200, 5e199], [-1e200, 1e200, 1e199])
    yield case("too large to subtract", [1.5e308, -1.5e308], [-1.5e308, 1.5e308])
    yield case("a truth that is not a number", [1.0, math.nan], [1.0, 2.0])
    yield case("an infinite prediction", [1.0, 2.0], [1.0, math.inf])
    for number in range(20):
        rows, scale = dice.choice([2, 3, 10, 60]), 10.0 ** dice.randrange(-4, 7)
        truth = [round(dice.gauss(dice.choice([0, 5]), 1), 6) * scale for _ in range(rows)]
        predicted = [value + round(dice.gauss(0, dice.choice([0.1, 2])), 6) * scale for value in truth]
        yield case(f"random {number}", truth, predicted)


# Quantiles and the bootstrap


def quantile_cases(dice):
    for rows in [1, 2, 3, 10, 77]:
        values = sorted(round(dice.expovariate(1), 4) for _ in range(rows))
        counts = [dice.randrange(0, 4) for _ in values]
        counts[0] += 1
        shares = [0, 0.025, 0.5, 0.9, 0.99, 1]
        yield {"values": values, "counts": counts, "shares": shares,
               "answers": [float(numpy.quantile(values, share)) for share in shares],
               "counted": [float(numpy.quantile(numpy.repeat(values, counts), share)) for share in shares]}


class Xoshiro256:
    """The generator of PairedBootstrap, after Blackman and Vigna's reference code."""

    BITS = (1 << 64) - 1

    def __init__(self, seed):
        self.state = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & self.BITS
            mixed = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & self.BITS
            mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & self.BITS
            self.state.append(mixed ^ (mixed >> 31))

    def rotated(self, bits, count):
        return ((bits << count) | (bits >> (64 - count))) & self.BITS

    def next(self):
        state = self.state
        result = (self.rotated((state[1] * 5) & self.BITS, 7) * 9) & self.BITS
        shifted = (state[1] << 17) & self.BITS
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = self.rotated(state[3], 45)
        return result

    def below(self, bound):
        return (self.next() * bound) >> 64


def bootstrap_cases(dice):
    rows = 40
    truth = [dice.randrange(3) for _ in range(rows)]
    labels = [[label if dice.random() < skill else dice.randrange(3) for label in truth] for skill in (0.9, 0.6)]
    ones = [[round(0.4 * (label == 1) + 0.6 * dice.random(), 2) for label in truth] for _ in range(2)]
    numbers = [round(dice.gauss(10, 3), 3) for _ in range(rows)]
    guesses = [[round(value + dice.gauss(0, error), 3) for value in numbers] for error in (1.0, 1.5)]
    of_one = lambda drawn: [int(label == 1) for label in drawn]
    cases = [
        ("accuracy", truth, labels, metrics.accuracy_score),
        ("f1_macro", truth, labels, lambda t, p: metrics.f1_score(t, p, average="macro", zero_division=0)),
        ("recall_2", truth, labels, lambda t, p: metrics.recall_score(
            [int(x == 2) for x in t], [int(x == 2) for x in p])),
        ("roc_auc_1", truth, ones, lambda t, p: metrics.roc_auc_score(of_one(t), p)),
        ("pr_auc_1", truth, ones, lambda t, p: metrics.average_precision_score(of_one(t), p)),
        ("brier_1", truth, ones, lambda t, p: metrics.brier_score_loss(of_one(t), p, pos_label=1)),
        ("rmse", numbers, guesses, metrics.root_mean_squared_error),
        ("r2", numbers, guesses, metrics.r2_score),
    ]
    for seed, (metric, truth, models, function) in enumerate(cases):
        generator, resamples, confidence = Xoshiro256(seed), 200, 0.9
        differences = []
        for _ in range(resamples):
            drawn = [generator.below(rows) for _ in range(rows)]
            pick = lambda values: [values[row] for row in drawn]
            differences.append(function(pick(truth), pick(models[0])) - function(pick(truth), pick(models[1])))
        low, high = numpy.quantile(differences, [(1 - confidence) / 2, 1 - (1 - confidence) / 2])
        yield {"metric": metric, "truth": truth, "first": models[0], "second": models[1], "seed": seed,
               "resamples": resamples, "confidence": confidence,
               "difference": function(truth, models[0]) - function(truth, models[1]),
               "low": float(low), "high": float(high)}


def document():
    return {
        "labels": list(label_cases(random.Random(1))),
        "scores": list(score_cases(random.Random(2))),
        "numbers": list(number_cases(random.Random(3))),
        "quantiles": list(quantile_cases(random.Random(4))),
        "generator": {"seed": 20, "next": [str(value) for value in first_of(20, 6)]},
        "bootstrap": list(bootstrap_cases(random.Random(5))),
    }


def first_of(seed, count):
    generator = Xoshiro256(seed)
    return [generator.next() for _ in range(count)]


def main():
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "metrics.json"
    path.write_text(json.dumps(document(), separators=(",", ":"), allow_nan=False).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
