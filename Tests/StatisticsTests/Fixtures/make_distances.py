"""Writes distances.json: what scipy says of two samples, for the tests of Sources/Statistics/Drift.

    python Tests/StatisticsTests/Fixtures/make_distances.py
"""

import json
import pathlib
import random
import sys
import warnings

import numpy
from scipy import spatial, special, stats

HERE = pathlib.Path(__file__).resolve().parent


def stability(reference, current):
    """The population stability index with half a count more in each bin; scipy has none."""
    reference, current = numpy.array(reference, float) + 0.5, numpy.array(current, float) + 0.5
    p, q = reference / reference.sum(), current / current.sum()
    return float(numpy.sum((q - p) * numpy.log(q / p)))


def category_cases(dice):
    def case(reference, current):
        kept = [(before, now) for before, now in zip(reference, current) if before + now > 0]
        answers = {
            "psi": stability(reference, current),
            "divergence": float(spatial.distance.jensenshannon(reference, current) ** 2),
            "distance": float(spatial.distance.jensenshannon(reference, current)),
        }
        if len(kept) > 1:
            test = stats.chi2_contingency(numpy.array(kept).T, correction=False)
            answers |= {"chi2": float(test.statistic), "degrees": int(test.dof), "p": float(test.pvalue),
                        "v": float(stats.contingency.association(numpy.array(kept).T))}
        return {"reference": reference, "current": current, "answers": answers}

    yield case([10, 20, 30], [10, 20, 30])
    yield case([5], [7])
    yield case([10, 0], [0, 10])
    yield case([3, 0, 4], [1, 0, 9])
    yield case([1000000, 5], [1000000, 50])
    for _ in range(60):
        bins, rows = dice.randrange(2, 30), dice.choice([20, 400, 2000, 50000])
        weights = [dice.random() ** 2 + 0.001 for _ in range(bins)]
        moved = [weight * dice.choice([1, 1, 1.3, 3]) for weight in weights]
        draw = lambda weights: [int(n) for n in numpy.bincount(dice.choices(range(bins), weights, k=rows), minlength=bins)]
        yield case(draw(weights), draw(moved))


def number_cases(dice):
    def case(reference, current):
        d = float(stats.ks_2samp(reference, current).statistic)
        scaled = d * numpy.sqrt(len(reference) * len(current) / (len(reference) + len(current)))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            exact = float(stats.ks_2samp(reference, current, method="exact").pvalue)
        return {"reference": reference, "current": current, "answers": {
            "wasserstein": float(stats.wasserstein_distance(reference, current)), "ks": d, "exact": exact,
            "asymptotic": float(special.kolmogorov(scaled))}}

    yield case([1.0], [1.0])
    yield case([1.0], [2.0])
    yield case([1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0])
    yield case([-1e9, 0.0, 1e9], [1e-9, 2e-9])
    for _ in range(40):
        m, n = dice.choice([3, 20, 77, 150]), dice.choice([2, 20, 50, 151])
        digits, shift, scale = dice.choice([0, 1, 6]), dice.choice([0, 0.3, 2]), dice.choice([1, 1, 2])
        yield case([round(dice.gauss(0, 1), digits) for _ in range(m)],
                   [round(dice.gauss(shift, scale), digits) for _ in range(n)])


def rate_cases(dice):
    for _ in range(60):
        reference, current = dice.choice([5, 50, 400, 5000]), dice.choice([1, 50, 2000])
        before, now = int(reference * dice.random() ** 4), int(current * dice.random() ** 4)
        table = [[now, current - now], [before, reference - before]]
        yield {"before": before, "reference": reference, "now": now, "current": current,
               "greater": float(stats.fisher_exact(table, alternative="greater").pvalue),
               "less": float(stats.fisher_exact(table, alternative="less").pvalue)}


def holm(values):
    """Holm's own words: the smallest of m against alpha/m, the next against alpha/(m-1) ..."""
    return [max(min(1.0, (len(values) - sum(other < one for other in values)) * one) for one in values if one <= value)
            for value in values]


def testing_cases(dice):
    for size in [1, 2, 5, 30, 200]:
        values = [dice.random() ** dice.choice([1, 8]) for _ in range(size)]
        yield {"values": values, "holm": holm(values),
               "hochberg": [float(value) for value in stats.false_discovery_control(values)]}


def tail_cases():
    for degrees in [1, 2, 3, 9, 30, 255, 2000]:
        for value in [1e-6, 0.3, 1, 5, degrees / 2, degrees, degrees * 1.5, degrees * 3, 300]:
            yield {"degrees": degrees, "value": value, "tail": float(stats.chi2.sf(value, degrees))}


def document():
    return {
        "categories": list(category_cases(random.Random(1))),
        "numbers": list(number_cases(random.Random(2))),
        "rates": list(rate_cases(random.Random(3))),
        "testing": list(testing_cases(random.Random(4))),
        "tails": list(tail_cases()),
        "kolmogorov": [{"value": value, "tail": float(special.kolmogorov(value))}
                       for value in [0.05, 0.2, 0.5, 0.9, 0.9999, 1, 1.0001, 1.36, 2, 4, 12]],
    }


def main():
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "distances.json"
    path.write_text(json.dumps(document(), separators=(",", ":"), allow_nan=False).replace('{"reference"', '\n{"reference"') + "\n")


if __name__ == "__main__":
    main()
