"""How far runs on Temporal go: a model fed with this project's own counts of history events.

    python benchmarks/scaling.py               the model, for 10, 1,000 and 100,000 runs
    python benchmarks/scaling.py --measure     counts events and steps a second on a server here

The model is arithmetic over the constants below. Those of treadle are measured by `--measure`;
those of Temporal are its published figures, with where they stand. docs/scaling.md shows both.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Measured: history events a step, one after the other (three of them are the workflow's own turn);
# events of a run and of an answer.
EVENTS_A_STEP = 6.0
EVENTS_A_RUN = 8.0
EVENTS_AN_ANSWER = 6.0
# Measured: seconds of a worker's processor a step, and to bring a run into memory again.
WORKER_S_A_STEP = 0.018
WORKER_S_A_LOAD = 0.07

# Source: docs.temporal.io/evaluate/cloud/actions, /cloud/pricing and /cloud/limits, read in 2026.
DOLLARS_A_MILLION_ACTIONS = 50.0
# Source: docs.temporal.io, "What is a History Shard?": tens of thousands of runs a shard at most.
RUNS_A_SHARD = 1_000
SMALLEST_CLUSTER_SHARDS = 512

_CLIENTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What goes on at the same time. Units: seconds; a run has `steps` and `gates` in all."""

    runs: int
    steps: int = 20
    gates: int = 2
    step_s: float = 60.0
    waits_s: float = 4 * 3600.0
    beat_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a load asks for. Units: per second where nothing else is said."""

    steps: float
    events: float
    actions: float
    dollars_a_day: float
    shards: int
    steps_at_work: float
    worker_cores: float


def simulate(load: Load) -> Need:
    """Return what a steady load needs: as many runs end as begin."""
    lifetime_s = load.steps * load.step_s + load.gates * load.waits_s
    begun = load.runs / lifetime_s
    steps = begun * load.steps
    at_work = load.runs * load.steps * load.step_s / lifetime_s
    events_a_run = EVENTS_A_RUN + load.steps * EVENTS_A_STEP + load.gates * EVENTS_AN_ANSWER
    # A run's start, each step, each answer, each change of what the page shows, each heartbeat.
    actions = begun * (1 + load.steps + 3 * load.gates) + at_work / load.beat_s
    cores = steps * WORKER_S_A_STEP + begun * load.gates * WORKER_S_A_LOAD
    wanted = max(SMALLEST_CLUSTER_SHARDS, load.runs / RUNS_A_SHARD)
    return Need(
        steps=steps,
        events=begun * events_a_run,
        actions=actions,
        dollars_a_day=actions * 86_400 * DOLLARS_A_MILLION_ACTIONS / 1e6,
        shards=1 << max(0, int(wanted - 1)).bit_length(),
        steps_at_work=at_work,
        worker_cores=cores,
    )


def table() -> Iterator[str]:
    yield "| runs | steps/s | at work | events/s | actions/s | $ a day | shards | worker cores |"
    yield "|---|---|---|---|---|---|---|---|"
    for runs in (10, 1_000, 100_000):
        need = simulate(Load(runs=runs))
        yield (
            f"| {runs:,} | {need.steps:.2f} | {need.steps_at_work:,.0f} | {need.events:,.1f} | "
            f"{need.actions:,.1f} | {need.dollars_a_day:,.2f} | {need.shards:,} | "
            f"{need.worker_cores:.2f} |"
        )


@contextmanager
def _processes(folder: Path, workers: int) -> Iterator[str]:
    """Start a server and workers; yield the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    program = [sys.executable, "-m", "treadle.cli"]
    database = str(folder / "temporal.db")
    words = [*program, "dev-server", "--headless", "--port", str(port), "--db", database]
    quiet = subprocess.DEVNULL
    started = [subprocess.Popen(words, stdout=quiet, stderr=quiet)]
    try:
        _wait_for(port)
        words = [*program, "worker", "--temporal", address, "--project", str(folder)]
        environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
        started += [
            subprocess.Popen(words, stdout=quiet, stderr=quiet, env=environment)
            for _ in range(workers)
        ]
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
        for process in reversed(started):
            process.wait()


def _wait_for(port: int) -> None:
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(1.0)  # it listens before it answers
                return
        time.sleep(0.1)
    raise SystemExit("the server does not start")


def measure(workers: int, *, is_quick: bool) -> Iterator[str]:
    """Yield a row for each load that one server here is put under."""
    from treadle.compiler import compile_text
    from treadle.executor.local.session import Host
    from treadle.executor.temporal.connection import Target, connect
    from treadle.executor.temporal.session import Site

    head = 'schema_version: "1.0"\nworkflow: {id: load, name: Load, version: "1.0.0"}\nsteps:\n'
    length, width, many = (50, 200, 20) if is_quick else (200, 1_000, 200)
    one = "".join(f"  - {{id: s{n}, type: shell, run: 'true'}}\n" for n in range(length))
    items = ", ".join(str(n) for n in range(width))
    fan = (
        f"  - {{id: fan, type: fan-out, items: [{items}], max_concurrency: 32,\n"
        "     step: {id: each, type: shell, run: 'true'}}\n"
    )
    short = "".join(f"  - {{id: s{n}, type: shell, run: 'true'}}\n" for n in range(5))

    def plan(text: str):  # type: ignore[no-untyped-def]  # a plan of treadle's own
        made = compile_text(head + text, path="load.yml").plan
        assert made is not None
        return made

    with (
        tempfile.TemporaryDirectory(prefix="scaling-") as name,
        _processes(Path(name), workers) as address,
    ):
        environment = {**os.environ, "XDG_STATE_HOME": str(Path(name) / "state")}
        host = Host(project=Path(name), environment=environment)
        target = Target(address=address)
        site = Site(target=target)
        site.start(plan(short), {}, host=host)  # everything is loaded by now

        def events(run_id: str) -> int:
            async def counted() -> int:
                client = await connect(target, environment)
                described = await client.get_workflow_handle(run_id).describe()
                return described.history_length

            return asyncio.run(counted())

        yield "| load | seconds | steps/s | history events a step |"
        yield "|---|---|---|---|"
        for label, text, count in (
            (f"{length} steps, one after the other", one, length),
            (f"fan-out of {width:,}, 32 at once", fan, width),
        ):
            began = time.monotonic()
            run = site.start(plan(text), {}, host=host).run
            took = time.monotonic() - began
            each = events(run.id) / count
            yield f"| {label} | {took:.1f} | {count / took:.1f} | {each:.2f} |"
        began = time.monotonic()
        with ThreadPoolExecutor(_CLIENTS) as clients:
            ended = clients.map(lambda each: site.start(each, {}, host=host), [plan(short)] * many)
            begun = [rested.run.id for rested in ended]
        took = time.monotonic() - began
        each = events(begun[0]) / 5
        yield f"| {many} runs of 5 steps | {took:.1f} | {many * 5 / took:.1f} | {each:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    rows = measure(chosen.workers, is_quick=chosen.quick) if chosen.measure else table()
    for row in rows:
        print(row, flush=True)


if __name__ == "__main__":
    main()
