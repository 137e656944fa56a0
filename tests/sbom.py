"""`make sbom`: the packages of an installation and their licences.

Writes `var/sbom/vitrine.cdx.json` (CycloneDX) and `licences.txt`, from a new environment with the
locked packages, because the one for development has more.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "sbom"
# every environment has them, but they are no part of Vitrine
INSTALLERS = {"pip", "setuptools", "uv"}
CLASSIFIER = "License :: OSI Approved :: "


def main() -> int:
    """Write both files; the exit code is that of the first program that fails."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    bill = FOLDER / "vitrine.cdx.json"
    with tempfile.TemporaryDirectory(prefix="sbom-") as folder:
        try:
            python, tool = (_environment(Path(folder), name) for name in ("run", "sbom"))
            _run(
                *(str(tool.with_name("cyclonedx-py")), "environment", str(python)),
                *("--pyproject", "pyproject.toml", "--mc-type", "application"),
                *("--output-reproducible", "--validate", "--output-file", str(bill)),
            )
        except subprocess.CalledProcessError as error:
            return error.returncode
    document = json.loads(bill.read_text())
    document["components"] = [
        component for component in document["components"] if component["name"] not in INSTALLERS
    ]
    bill.write_text(json.dumps(document, indent=1) + "\n")
    licences = FOLDER / "licences.txt"
    licences.write_text("".join(f"{line}\n" for line in lines(document)))
    print(f"{len(document['components'])} packages: {bill.relative_to(ROOT)}, {licences.name}")
    return 0


def _environment(folder: Path, lock: str) -> Path:
    """Make an environment with the packages of a lock file; return its Python."""
    python = folder / lock / "bin" / "python"
    _run(sys.executable, "-m", "venv", str(folder / lock))
    _run("sh", "requirements/install.sh", str(python), f"{lock}.txt")
    return python


def lines(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a package, its version and its licences per line, from a bill of materials."""
    for component in document["components"]:
        names = [_name(entry) for entry in component.get("licenses", [])]
        yield f"{component['name']} {component['version']}: {', '.join(names) or 'not declared'}"


def _name(entry: Mapping[str, Any]) -> str:
    """Return a licence's identifier, or else the package's name for it."""
    if expression := entry.get("expression"):
        return str(expression)
    licence = entry["license"]
    return str(licence.get("id") or licence["name"].removeprefix(CLASSIFIER))


def _run(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
