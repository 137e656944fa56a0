"""The clients' environments in var/clients/, made once from their lock files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.processes import ROOT

HERE = Path(__file__).parent
PROGRAMS, LOCKS = HERE / "programs", HERE / "locks"
PREFIX = "try_"  # else a program would stand for the package of its name
VAR = ROOT / "var" / "clients"


def names() -> list[str]:
    """The clients that have a program."""
    programs = (file for file in PROGRAMS.glob(f"{PREFIX}*") if file.suffix in LANGUAGES)
    return sorted(file.stem.removeprefix(PREFIX) for file in programs)


def install(name: str) -> None:
    """Make the client's environment, unless it is there as its lock file says."""
    LANGUAGES[_program(name).suffix][0](name)


def command(name: str) -> list[str]:
    """How the client's program is started."""
    program = _program(name)
    return [LANGUAGES[program.suffix][1](name), str(program)]


def _program(name: str) -> Path:
    programs = [file for file in PROGRAMS.glob(f"{PREFIX}{name}.*") if file.suffix in LANGUAGES]
    if not programs:
        sys.exit(f"There is no client {name}; there are {', '.join(names())}.")
    return programs[0]


def _install_python(name: str) -> None:
    environment, lock = VAR / name, LOCKS / f"{name}.txt"
    installed = environment / "installed.txt"
    if installed.exists() and installed.read_bytes() == lock.read_bytes():
        return
    print(f"Installing {name} (once)", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
    script = ROOT / "requirements" / "install.sh"
    lock_from_there = f"../{lock.relative_to(ROOT)}"
    arguments = [_python(name), lock_from_there]
    subprocess.run(["sh", script, *arguments], cwd=ROOT, check=True)
    shutil.copy(lock, installed)


def _python(name: str) -> str:
    return str(VAR / name / "bin" / "python")


# By the ending of a program: how its environment is made, and what runs it there.
LANGUAGES = {".py": (_install_python, _python)}
