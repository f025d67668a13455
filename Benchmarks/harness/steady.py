"""A steady load that a closed loop cannot make: h2load with a rate for each of its connections, and each answer's time."""

from .processes import WrongAnswer, run

CONNECTIONS = 8


def drive(target, rate, seconds, folder):
    """About `rate` requests a second: what came of them, in all and at the median. Any failure fails the benchmark."""
    log = folder / "steady.log"
    log.unlink(missing_ok=True)
    target.process.check_alive()
    run(["h2load", "--h1", "-t", 1, "-c", CONNECTIONS, "-D", seconds, "--rps", max(1, round(rate / CONNECTIONS)),
         "-d", target.body_file, "-H", "content-type: application/json", "--log-file", log,
         f"http://127.0.0.1:{target.port}{target.path}"], timeout=seconds + 60)
    rows = [line.split("\t") for line in log.read_text().splitlines()]
    if not rows or any(row[1] != "200" for row in rows):
        raise WrongAnswer(f"{target.name} at {rate:.0f} requests/s: {len(rows)} answers, some of them no good ones\n"
                          f"{target.process.last_words()}")
    times = sorted(int(row[2]) for row in rows)
    return {"rps": len(times) / seconds, "p50_us": times[len(times) // 2], "p99_us": times[len(times) * 99 // 100]}
