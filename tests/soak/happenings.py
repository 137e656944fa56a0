"""The faults that may affect a run: of upstream, a process, the database, the disk, the clock."""

import signal
import threading
import time
from collections.abc import Callable

from django.db import connection, connections

from tests.soak.stage import Stage


def kill(name: str) -> Callable[[Stage], None]:
    """Kill a process with SIGKILL and start a new one a moment later."""

    def happens(stage: Stage) -> None:
        if name in stage.processes:
            stage.kill(name)
        time.sleep(0.2)
        stage.start(name)

    return happens


def answer_with(
    name: str, *kinds: str, times: int = 2, value: float = 0.3
) -> Callable[[Stage], None]:
    """Upstream answers calls of these kinds with this fault, `times` times."""

    def happens(stage: Stage) -> None:
        for kind in kinds:
            stage.fault(kind, name, times=times, value=value)

    return happens


def lock_database(seconds: float) -> Callable[[Stage], None]:
    """Lock the database for `seconds` (SQLite), or close every connection (PostgreSQL)."""

    def happens(stage: Stage) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            return
        holding = threading.Thread(target=_hold, args=(seconds,))
        holding.start()
        holding.join()

    return happens


def restart_database(stage: Stage) -> None:
    """The database server crashes and restarts: interrupted writes must be repeated."""
    assert stage.cluster
    stage.cluster.restart()
    connection.close()


def _hold(seconds: float) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            cursor.execute("ROLLBACK")
    finally:
        connections.close_all()


def terminate(name: str) -> Callable[[Stage], None]:
    """Send SIGTERM to a process and start a new one."""

    def happens(stage: Stage) -> None:
        if name in stage.processes:
            stage.end(name)
        stage.start(name)

    return happens


def freeze(name: str, seconds: float) -> Callable[[Stage], None]:
    """Stop a process (SIGSTOP) for `seconds`: its callers run into timeouts."""

    def happens(stage: Stage) -> None:
        stage.signal(name, signal.SIGSTOP)
        if name == "sandbox":  # at step "created", nothing else would call it
            stage.start("worker")
        time.sleep(seconds)
        stage.signal(name, signal.SIGCONT)

    return happens


def refuse_connections(seconds: float) -> Callable[[Stage], None]:
    """Upstream's host is reachable but accepts no connection, so that callers wait in vain."""

    def happens(stage: Stage) -> None:
        with stage.deaf("sandbox"):
            stage.start("worker")
            time.sleep(seconds)

    return happens


def fill_disk(seconds: float) -> Callable[[Stage], None]:
    """The disk is full for `seconds`."""

    def happens(stage: Stage) -> None:
        stage.full.touch()
        time.sleep(seconds)
        stage.full.unlink()

    return happens


def skew_clock(hours: float) -> Callable[[Stage], None]:
    """The worker's clock is wrong by `hours`."""

    def happens(stage: Stage) -> None:
        stage.kill("worker")
        stage.skew_s = hours * 3600
        stage.start("worker")
        stage.skew_s = 0.0

    return happens


def skew_clock_at_first_run(hours: float) -> Callable[[Stage], None]:
    """The worker's clock is wrong by `hours` from its first run on."""

    def happens(stage: Stage) -> None:
        stage.start("worker")
        skew_clock(hours)(stage)

    return happens


def apply_together(*happenings: Callable[[Stage], None]) -> Callable[[Stage], None]:
    """Apply several faults one after the other, without a pause; upstream runs at each."""

    def happens(stage: Stage) -> None:
        for happening in happenings:
            stage.start("sandbox")
            happening(stage)

    return happens
