"""Starts processes as the units in `deploy/systemd/` say, on machines without systemd."""

import os
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event, Thread

from tests.processes import ROOT

UNITS = ROOT / "deploy" / "systemd"
HOME = "/srv/vitrine"  # as in the units and on the page
RESTART_AFTER_S = 2.0  # their RestartSec


class Unit:
    """One process of a unit; like systemd, it restarts the process if that ends by itself."""

    def __init__(self, home: Path, name: str, instance: str, ports: Mapping[str, str]) -> None:
        """`home` represents /srv/vitrine; `ports` maps the files' ports to the ports here."""
        self.name = f"{name}{instance}"
        self.log = home / f"{self.name}.log"
        self._is_asked = False  # whether a restart was requested
        self._stopped = Event()
        text = (UNITS / f"{name}.service").read_text().replace(HOME, str(home))
        for written, port in ports.items():
            text = text.replace(written, port)
        lines = [line.partition("=")[::2] for line in text.splitlines() if "=" in line]
        values = dict(lines)
        self._command = shlex.split(
            values["ExecStart"].replace("%i", ports.get(instance, instance))
        )
        self._environment = {**_inherited(), **dict(_settings(lines))}
        self.start()

    def start(self) -> None:
        """Start it, also after it was stopped."""
        self._stopped.clear()
        self._process = self._start()
        Thread(target=self._supervise, daemon=True).start()

    def restart(self) -> None:
        """End it as `systemctl restart` does, and start it again."""
        former, self._is_asked = self._process, True
        former.terminate()
        former.wait(60)
        while self._process is former:
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill the process, which is then restarted."""
        self._process.kill()

    @property
    def memory_mb(self) -> int:
        """Return its resident memory now."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) >> 10

    def stop(self) -> None:
        """Stop it for good."""
        self._stopped.set()
        self._process.terminate()
        self._process.wait(60)

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as out:
            return subprocess.Popen(
                self._command, cwd="/", env=self._environment, stdout=out, stderr=out
            )

    def _supervise(self) -> None:
        while not self._stopped.is_set():
            self._process.wait()
            if self._stopped.wait(0 if self._is_asked else RESTART_AFTER_S):
                return
            self._is_asked = False
            self._process = self._start()


def _inherited() -> dict[str, str]:
    """Return a unit's environment, which gets only the path to programs from the shell."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


def _settings(lines: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for key, value in lines:
        if key == "Environment":
            yield from (pair.partition("=")[::2] for pair in shlex.split(value))
        elif key == "EnvironmentFile" and (file := Path(value.lstrip("-"))).exists():
            yield from (x.partition("=")[::2] for x in file.read_text().splitlines() if "=" in x)
