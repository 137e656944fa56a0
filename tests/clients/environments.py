"""The clients' environments in var/clients/, made once from their lock files."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.processes import ROOT

HERE = Path(__file__).parent
PROGRAMS, LOCKS = HERE / "programs", HERE / "locks"
PREFIX = "try_"  # otherwise a program would hide the package of its name
VAR = ROOT / "var" / "clients"


def names() -> list[str]:
    """Return the clients that have a program."""
    programs = (file for file in PROGRAMS.glob(f"{PREFIX}*") if file.suffix in LANGUAGES)
    return sorted(file.stem.removeprefix(PREFIX) for file in programs)


def install(name: str) -> None:
    """Make the client's environment, unless one of the same lock file exists."""
    LANGUAGES[_program(name).suffix][0](name)


def command(name: str) -> list[str]:
    """Return the command that starts the client's program."""
    program = _program(name)
    return LANGUAGES[program.suffix][1](name, program)


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


def _by_python(name: str, program: Path) -> list[str]:
    return [_python(name), str(program)]


def _install_node(name: str) -> None:
    """Node looks for packages beside a program, so the programs are copied there."""
    environment, locked = VAR / name, LOCKS / name
    installed = environment / "installed.json"
    lock = locked / "package-lock.json"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        print(f"Installing {name} (once)", flush=True)
        shutil.rmtree(environment, ignore_errors=True)
        shutil.copytree(locked, environment)
        npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(npm, cwd=environment, check=True)
        shutil.copy(lock, installed)
    for program in PROGRAMS.glob("*.mjs"):
        shutil.copy(program, environment)


def _by_node(name: str, program: Path) -> list[str]:
    return ["node", str(VAR / name / program.name)]


# By a program's ending: the function that makes its environment, and the command that runs it
# there.
LANGUAGES = {".py": (_install_python, _by_python), ".mjs": (_install_node, _by_node)}
