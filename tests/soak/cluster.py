"""A PostgreSQL server started from the installed programs, so that a test may restart it."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.processes import free_port

INSTALLED = Path("/usr/lib/postgresql")
# PostgreSQL refuses to run as root, so root starts it under this account.
UNPRIVILEGED_USER = "postgres"


def binaries() -> Path | None:
    """Return the folder of the newest `initdb` and `pg_ctl`; None if none are installed."""
    versions = [path for path in INSTALLED.glob("*/bin") if (path / "initdb").exists()]
    if versions:
        return max(versions, key=lambda path: float(path.parent.name))
    program = shutil.which("pg_ctl")
    return Path(program).resolve().parent if program else None


class Cluster:
    """A running server; `stop` ends it."""

    def __init__(self, programs: Path, folder: Path) -> None:
        """Create the server's files in `folder` and start it."""
        self._programs = programs
        self._options: dict[str, Any] = {"user": UNPRIVILEGED_USER} if os.geteuid() == 0 else {}
        self._data, self._log = folder / "data", folder / "log"
        folder.mkdir(mode=0o755)
        if self._options:
            shutil.chown(folder, UNPRIVILEGED_USER)
            for parent in folder.parents[:1]:
                parent.chmod(0o755)
        self._call("initdb", f"--pgdata={self._data}", "--auth=trust", "--username=soak")
        port = free_port()
        self.url = f"postgres://soak@127.0.0.1:{port}/postgres"
        self._listen = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self.start()

    def start(self) -> None:
        """Start the server, also after it was stopped."""
        self._control("start", "-o", self._listen)

    def is_up(self) -> bool:
        """Return whether the server runs."""
        try:
            self._control("status")
        except subprocess.CalledProcessError:
            return False
        return True

    def restart(self) -> None:
        """Restart as after a crash: without finishing anything; all connections are lost."""
        self._control("restart", "-m", "immediate")

    def stop(self) -> None:
        """Shut the server down."""
        self._control("stop", "-m", "immediate")

    def _control(self, *arguments: str) -> None:
        self._call("pg_ctl", "-D", str(self._data), "-l", str(self._log), "-w", *arguments)

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(
            command, check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=60, **self._options
        )
