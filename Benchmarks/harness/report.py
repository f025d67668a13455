"""The figures as Markdown, the same on the terminal, in results/latest.md and in docs/performance.md."""

import datetime
import os
import pathlib
import platform

# What is asked of Slipway's throughput: (the other, connections) -> at least this many times as much.
LEAST = {
    ("echo", "1"): 0.80, ("echo", "8"): 0.85, ("echo", "64"): 0.85,
    ("MLServer", "8"): 15, ("MLServer", "64"): 15,
    ("LitServe", "8"): 15, ("LitServe", "64"): 15,
}
HORIZON = {("nginx", "8"): 0.60, ("nginx", "64"): 0.60}


def machine():
    model = next(
        (line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine())
    return {
        "when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "cpu": model,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
    }


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]) + "\n"


def verdict(value, least=None, horizon=None):
    """What to print behind a figure that is asked to be at least this much; nothing when nothing is asked."""
    if least is not None:
        return " (met)" if value >= least else " (**not met**)"
    if horizon is not None:
        return " (horizon met)" if value >= horizon else " (below the horizon)"
    return ""


def at_most(value, most, unit, digits=0):
    return f"{value:.{digits}f} {unit}" + (" (met)" if value <= most else " (**not met**)")


def times(ratio):
    value = ratio["median"]
    return f"{value:.1f} x" if value >= 3 else f"{100 * value:.0f}%"


def range_of(ratio):
    low, high = ratio["min"], ratio["max"]
    return f"{low:.1f}-{high:.1f}" if ratio["median"] >= 3 else f"{100 * low:.0f}-{100 * high:.0f}%"


def throughput(figures):
    counts = list(next(iter(figures["servers"].values())))
    rows = [
        [name] + [f"{by[c]['rps']:,.0f}" for c in counts]
        + [f"{by[c]['p50_us'] / 1000:.2f} / {by[c]['p99_us'] / 1000:.2f}" for c in counts]
        for name, by in figures["servers"].items()
    ]
    sizes = f"{figures['body_bytes']} bytes of body, {figures['answer_bytes']} of answer"
    text = f"JSON prediction, 4 features: {sizes}.\n\n"
    head = ["server"] + [f"req/s, {c} conn." for c in counts] + [f"p50 / p99 ms, {c}" for c in counts]
    text += table(head, rows)
    if figures["ratios"]:
        rows = []
        for name, by in figures["ratios"].items():
            cells = [
                times(by[c]) + verdict(by[c]["median"], LEAST.get((name, c)), HORIZON.get((name, c)))
                + f" [{range_of(by[c])}]" for c in counts
            ]
            rows.append([f"Slipway / {name}", *cells, asked(name)])
        text += "\n" + table(["ratio, median of rounds [range]"] + [f"{c} conn." for c in counts] + ["asked"], rows)
    return text


def asked(name):
    return {
        "echo": "80% at 1, 85% at 8 and 64",
        "nginx": "horizon: 60% at 8 and 64",
        "MLServer": "15 x at 8 and 64",
        "LitServe": "15 x at 8 and 64",
    }.get(name, "")


def compute(figures):
    bare = figures["loop"]
    rows = [["bare loop", f"{figures['threads']} threads", f"{bare['rps']:.1f}", "", ""]]
    for count, by in figures["slipway"].items():
        ratio = figures["ratios"][count]
        cell = f"{100 * ratio['median']:.1f}%" + verdict(ratio["median"], 0.97 if count != "2" else None)
        rows.append(["Slipway", f"{count} connections", f"{by['rps']:.1f}", cell, f"{range_of(ratio)}"])
    share = 100 * bare["overhead_us"] / 1000 / bare["ms_per_call"]
    return (
        f"A model that computes {bare['ms_per_call']:.2f} ms on one thread (asked: 97% of the bare loop). "
        f"The loop's own cost is {bare['overhead_us']:.0f} us a call, {share:.2f}%; "
        f"one caller with {figures['threads']} threads inside ONNX Runtime does {figures['loop_one_caller']['rps']:.1f} calls/s.\n\n"
        + table(["", "", "predictions/s", "of the bare loop", "range"], rows)
    )


def startup(figures):
    seconds, memory = figures["seconds"], figures["pss_bytes"]
    rows = [
        ["start to first answer", at_most(seconds["median"] * 1000, 150, "ms"),
         f"{seconds['min'] * 1000:.0f}-{seconds['max'] * 1000:.0f} ms", "150 ms, horizon 60 ms"],
        [f"memory then, {figures['processes']} processes (Pss)", at_most(memory["median"] / 1e6, 80, "MB", 1),
         f"{memory['min'] / 1e6:.1f}-{memory['max'] / 1e6:.1f} MB", "80 MB, horizon 50 MB"],
    ]
    return f"One deployed small model, {seconds['runs']} starts.\n\n" + table(["", "median", "range", "asked"], rows)


def many(figures):
    rows = [
        [f"start until all {figures['deployed']} have answered", at_most(figures["start_seconds"], 3, "s", 2), "3 s"],
        ["`slipway status`", at_most(figures["status_seconds"] * 1000, 200, "ms"), "200 ms"],
        ["memory (Pss)", f"{figures['pss_bytes'] / 1e6:.1f} MB", ""],
    ]
    for count, ratio in figures["ratios"].items():
        cell = f"{100 * ratio['median']:.1f}% [{range_of(ratio)}]"
        rows.append([f"req/s of one endpoint against the one-endpoint server, {count} connections", cell, "unchanged"])
    head = f"{figures['registered']} registered, {figures['deployed']} deployed (pushed in "
    return head + f"{figures['filled_seconds']:.0f} s).\n\n" + table(["", "median", "asked"], rows)


def grpc(figures):
    counts = list(figures["mean_us"])
    rows = [[name] + [f"{by[c]['rps']:,.0f}" for c in counts] for name, by in figures["servers"].items()]
    text = "Unary ModelInfer, 4 features as raw bytes, h2load; nginx serves a page over both.\n\n"
    text += table(["server"] + [f"req/s, {c} conn." for c in counts], rows)
    rows = [["Slipway gRPC / nginx h2c"]
            + [f"{times(r)} [{range_of(r)}]" for r in figures["ratios"]["nginx h2c"].values()] + [""]]
    triton = figures["ratios"]["Triton"].values()
    cells = [f"{r['median']:.2f} x{triton_verdict(r['median'])} [{r['min']:.2f}-{r['max']:.2f}]" for r in triton]
    rows.append(["Slipway gRPC / Triton, normalised", *cells, "1.0 x, horizon 1.5 x"])
    return text + "\n" + table(["ratio, median of rounds [range]"] + [f"{c} conn." for c in counts] + ["asked"], rows)


def triton_verdict(value):
    if value >= 1.5:
        return " (horizon met)"
    return " (met)" if value >= 1 else " (**not met**)"


def binary(figures):
    rows = []
    for model, by in figures["slipway"].items():
        for count, summary in by.items():
            ratio = figures["ratios"].get(model, {}).get(count)
            # Of the light one it is only told: what it takes to move the image shows there.
            asked = verdict(ratio["median"], 0.97) if ratio and model == "resnet" else ""
            cell = f"{100 * ratio['median']:.1f}%{asked} [{range_of(ratio)}]" if ratio else ""
            rows.append([f"{model}, {figures['payload'][model]:,} bytes", count, f"{summary['rps']:,.1f}",
                         f"{summary['p50_us'] / 1000:.2f} / {summary['p99_us'] / 1000:.2f}", cell])
    return table(["model and payload", "connections", "predictions/s", "p50 / p99 ms", "of the bare loop (asked for resnet: 97%)"], rows) + (
        "\n" + "; ".join(f"{model}: {rounds} rounds of {seconds} s" for model, (rounds, seconds) in figures["turns"].items()) + ".\n")


def isolation(figures):
    rows = []
    for count, extra in figures["extra_us"].items():
        shared, worker = (figures["servers"][name][count] for name in ("iris", "iris-worker"))
        rows.append([
            count, f"{shared['p50_us']:.0f} / {worker['p50_us']:.0f}",
            at_most(extra, 15, "us") if count == "1" else f"{extra:.0f} us",
            f"{shared['rps']:,.0f} / {worker['rps']:,.0f}", times(figures["ratios"][count]),
        ])
    head = ["connections", "p50 us, shared / worker", "a worker's cost at the median (asked: 15 us)",
            "req/s, shared / worker", "ratio"]
    back = figures["back"]
    return table(head, rows) + (
        f"\nA worker with {back['megabytes']:.0f} MB that was killed answers again after "
        f"{at_most(1000 * back['seconds']['median'], 1000, 'ms')} (asked: 1 s; {1000 * back['seconds']['min']:.0f}-"
        f"{1000 * back['seconds']['max']:.0f} ms, {back['seconds']['runs']} kills).\n")


def loading(figures):
    rows = []
    for wire, by in figures["median"].items():
        ratios = [r[wire]["ratio"] for r in figures["rounds"]]
        met = " (met)" if by["ratio"] <= 1.5 else " (**not met**)"
        rows.append([
            {"http": "JSON over HTTP", "grpc": "gRPC"}[wire], f"{by['steady']:.2f}", f"{by['loading']:.2f}",
            f"{by['ratio']:.2f} x{met} [{min(ratios):.2f}-{max(ratios):.2f}]", f"{by['unloading']:.2f}",
            *(f"{first[wire]:.2f}" if wire in first else "" for first in figures["first"].values()),
        ])
    head = ["a small endpoint's p99, ms", "steady", "while loading", "ratio (asked: 1.5 x)", "while unloading"]
    first = ", ".join(f"{name} {by['seconds']:.1f} s" for name, by in figures["first"].items())
    return (
        f"A model of {figures['megabytes']:.0f} MB (a load takes {figures['load_seconds']:.1f} s; {first}), two clients with "
        f"{figures['rate']} requests/s each, whatever becomes of the earlier ones.\n\n"
        + table(head + [f"while {name} it first" for name in figures["first"]], rows))


def access(figures):
    rows = []
    for name, title in (("key", "a key"), ("limits", "a key with four limits")):
        for count, ratio in figures["ratios"][name].items():
            ours, theirs = figures["servers"][name][count], figures["servers"]["open"][count]
            rows.append([title, count, f"{theirs['rps']:,.0f} / {ours['rps']:,.0f}",
                         f"{100 * ratio['median']:.1f}%{verdict(ratio['median'], 0.97)} [{range_of(ratio)}]"])
    return table(["caller", "connections", "req/s, open / asked", "of the open server (asked: 97%)"], rows)


def ledger(figures):
    rows = []
    for count, ratio in figures["ratios"].items():
        silent, written = figures["servers"]["silent"][count], figures["servers"]["written"][count]
        rows.append([count, f"{silent['rps']:,.0f} / {written['rps']:,.0f}",
                     f"{100 * ratio['median']:.1f}%{verdict(ratio['median'], 0.90)} [{range_of(ratio)}]",
                     f"{100 * figures['drops'][count]:.2f}%"])
    head = ["connections", "req/s, without / with", "of the endpoint without (asked: 90%)", "dropped, worst round"]
    steady = figures["steady"]
    return (
        f"{figures['bytes_per_row']:.0f} bytes for a row on disk.\n\n" + table(head, rows)
        + f"\nAt a steady {steady['rps']:,.0f} requests/s, 70% of the peak: {steady['dropped']} dropped (asked: 0).\n")


def shadow(figures):
    alone, mirrored, ratio = figures["medians"]["alone"], figures["medians"]["mirrored"], figures["ratio"]
    change = ratio["median"] - 1
    return (
        f"All traffic mirrored to a candidate in the same process, at {alone['rps']:,.0f} requests/s: 30% of the peak.\n\n"
        + table(["", "alone", "mirrored"], [
            ["p50", f"{alone['p50_us']:.0f} us", f"{mirrored['p50_us']:.0f} us"],
            ["p99", f"{alone['p99_us']:.0f} us", f"{mirrored['p99_us']:.0f} us"],
        ])
        + f"\nThe median moves by {100 * change:.1f}%{' (met)' if change < 0.05 else ' (**not met**)'} [{range_of(ratio)}] "
        "(asked: under 5%).\n")


def overload(figures):
    crowd, slow = figures["open_loop"], figures["slow"]
    share = crowd["goodput_share"]
    rows = [
        ["served at 10 times the peak", f"{100 * share:.0f}% of the peak" + verdict(share, 0.9), "90%"],
        ["a refusal's latency at p99", at_most(crowd["refused_p99_ms"], 50, "ms", 1), "50 ms"],
        ["the slowest refusal", at_most(crowd["refused_max_ms"], 50, "ms", 1), "50 ms"],
        [f"a healthy client's p99 among {slow['connections']:,} slow connections",
         f"{slow['ratio']:.2f} x" + (" (met)" if slow["ratio"] <= 2 else " (**not met**)"), "2 x"],
    ]
    return "An open loop against a model of milliseconds; then connections that send a byte now and then.\n\n" + table(
        ["", "median of rounds", "asked"], rows)


def batching(figures):
    titles = {"mlp": "MLP 64-256-256-10, binary", "minilm": "MiniLM, 16 tokens, JSON"}
    rows = []
    for model, by in figures["models"].items():
        each, batched = by["servers"]["each"], by["servers"]["batched"]
        more, p99 = by["throughput"], by["p99"]
        asked = " (horizon met)" if more["median"] >= 1.5 else " (met)" if more["median"] >= 1 else " (**not met**)"
        rows.append([
            titles[model], by["rows"], f"{each['rps']:,.0f}", f"{batched['rps']:,.0f}",
            f"{100 * more['median']:.0f}%{asked} [{range_of(more)}]",
            f"{each['p99_us'] / 1000:.1f}", f"{batched['p99_us'] / 1000:.1f}",
            f"{100 * p99['median']:.0f}%" + (" (met)" if p99["median"] <= 1 else " (**not met**)") + f" [{range_of(p99)}]",
        ])
    head = ["model", "rows at most", "req/s each by itself", "batched", "ratio", "p99 ms each by itself", "batched", "ratio"]
    return (
        f"{figures['callers']} callers, one row each (asked: throughput no lower, horizon 150%; p99 no higher).\n\n"
        + table(head, rows))


SECTIONS = {
    "throughput": ("Small predictions", throughput),
    "grpc": ("Small predictions over gRPC", grpc),
    "binary": ("Binary tensors", binary),
    "isolation": ("A worker against the shared process", isolation),
    "access": ("Knowing who calls", access),
    "ledger": ("The prediction ledger", ledger),
    "shadow": ("Mirrored to a shadow", shadow),
    "batching": ("Batching", batching),
    "compute": ("Predictions that take milliseconds", compute),
    "loading": ("While a large model is loaded", loading),
    "overload": ("More than it can do", overload),
    "startup": ("Start-up and memory", startup),
    "many": ("Many models", many),
}


def markdown(result):
    where, settings = result["machine"], result["settings"]
    text = (
        f"{where['cpu']}, {where['cores']} processors, Linux {where['kernel']}, {where['when']}; {settings['rounds']} "
        f"interleaved rounds of {settings['seconds']} s; load average before: {where['load_before']:.1f}.\n"
    )
    for name, (title, render) in SECTIONS.items():
        if name in result:
            text += f"\n### {title}\n\n{render(result[name])}"
    return text
