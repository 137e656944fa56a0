"""The supervisor of `manage.py up`.

It sleeps, restarts what dies, starts on demand, and stops what it has started.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, free_port, is_alive, until

pytestmark = pytest.mark.system  # these tests take long

# A program that supervises one child, whose code comes from the command line.
START = """
import logging, os, socket, sys
from config.server import supervisor
logging.basicConfig(level=logging.INFO)
code, where, port = sys.argv[1:]
listener = socket.create_server(("127.0.0.1", int(port))) if port != "0" else None
child = supervisor.Process(
    "child", [sys.executable, "-c", code], dict(os.environ, WHERE=where), listener
)
lock = os.open(where + "/lock", os.O_CREAT | os.O_RDWR)
supervisor.supervise([child])
"""
LASTING = """
import os, signal, sys, time
open(os.environ["WHERE"] + "/pids", "a").write(f"{os.getpid()}\\n")
time.sleep(600)
"""
# Accepts one connection from the supervisor's socket, answers it and ends.
ON_DEMAND = """
import os, socket
open(os.environ["WHERE"] + "/pids", "a").write(f"{os.getpid()}\\n")
listener = socket.socket(fileno=int(os.environ["VITRINE_LISTEN_FD"]))
listener.accept()[0].sendall(b"here")
"""


class Running:
    """A supervisor, and what its children wrote."""

    def __init__(self, folder: Path, code: str, port: int = 0) -> None:
        self.folder = folder
        command = [sys.executable, "-c", START, code, str(folder), str(port)]
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=log)
        until((folder / "lock").exists)  # the socket listens before this file appears

    def pids(self) -> list[int]:
        """Return the children's ids, in the order of their starts."""
        file = self.folder / "pids"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def wakeups(self) -> int:
        """Return how often the supervisor has gone to sleep so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("voluntary_ctxt_switches:")[2].split()[0])


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for pid in (tmp_path / "pids").read_text().split() if (tmp_path / "pids").exists() else ():
        assert not is_alive(int(pid))


def stop(running: Running) -> int:
    running.process.send_signal(signal.SIGTERM)
    return running.process.wait(60)


def test_an_idle_supervisor_does_not_wake_up(folder):
    running = Running(folder, LASTING)
    until(running.pids)
    time.sleep(0.5)
    before = running.wakeups()
    time.sleep(2)
    assert running.wakeups() - before <= 1
    assert stop(running) == 0


def test_a_killed_child_is_restarted_and_ends_with_the_supervisor(folder):
    running = Running(folder, LASTING)
    (first,) = until(running.pids)
    os.kill(first, signal.SIGKILL)
    until(lambda: len(running.pids()) == 2)
    assert "child ended (exit -9); it starts again in 0.5 s" in (folder / "log").read_text()
    assert stop(running) == 0


def test_children_end_when_the_supervisor_is_killed(folder):
    running = Running(folder, LASTING)
    (child,) = until(running.pids)
    running.process.kill()
    running.process.wait(60)
    until(lambda: not is_alive(child))


def test_children_do_not_inherit_locks(folder):
    running = Running(folder, LASTING)
    (child,) = until(running.pids)

    def files_of(pid: int) -> set[str]:
        return {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}

    assert str(folder / "lock") in files_of(running.process.pid)
    assert str(folder / "lock") not in files_of(child)
    assert stop(running) == 0


def test_an_on_demand_child_starts_with_the_first_connection(folder):
    port = free_port()
    running = Running(folder, ON_DEMAND, port)
    time.sleep(0.5)
    assert running.pids() == []

    def answer() -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            return connection.recv(16)

    assert answer() == b"here"
    until(lambda: not is_alive(running.pids()[0]))
    assert answer() == b"here"  # the first child has ended by itself, so another one starts
    assert len(running.pids()) == 2
    assert "ended" not in (folder / "log").read_text()  # ending by itself is no error
    assert stop(running) == 0
