"""`python -m tests.audit`: whether a locked package has a known vulnerability, as pip-audit knows
it.

The advisories come from outside. Where nobody answers (an aeroplane, a closed network) one line
says that this was left out, and the lint goes on; a vulnerability that is found fails it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOCKS = tuple(f"requirements/{name}.txt" for name in ("run", "dev", "image", "sbom", "uv"))
CONNECT_WITHIN_S = 5
END_WITHIN_S = 90.0  # a request for each of a hundred packages
PIP_AUDIT = (
    *(sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--format", "json"),
    *("--progress-spinner", "off", "--timeout", str(CONNECT_WITHIN_S)),
)


# Known since 2017 to have a vulnerability, and in no lock: an index that does not say so has no
# advisories at all.
CANARY = "ansible"
CANARY_LOCK = f"{CANARY}==2.2.0 --hash=sha256:{'0' * 64}\n"


def main(command: Sequence[str] = PIP_AUDIT, end_within_s: float = END_WITHIN_S) -> int:
    """1 where a vulnerability is known, 0 otherwise.

    Prints one line, or one for each vulnerability.
    """
    try:
        done = _asked(command, end_within_s)
    except subprocess.TimeoutExpired:
        return _left_out(f"no answer within {end_within_s:g} s")
    report = _report(done.stdout)
    if report is None:
        return _left_out((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    if not any(package["name"] == CANARY and package.get("vulns") for package in report):
        return _left_out("the index that answers has none")
    return _judged([package for package in report if package["name"] != CANARY])


def _asked(command: Sequence[str], end_within_s: float) -> subprocess.CompletedProcess[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as canary:
        canary.write(CANARY_LOCK)
        canary.flush()
        files = [part for lock in (*LOCKS, canary.name) for part in ("--requirement", lock)]
        return subprocess.run(
            [*command, *files],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            timeout=end_within_s,
            check=False,
        )


def _report(text: str) -> list[dict[str, Any]] | None:
    """The packages of pip-audit's JSON; None where it could not ask, for it then prints no JSON."""
    try:
        packages = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    return packages if isinstance(packages, list) else None


def _judged(packages: list[dict[str, Any]]) -> int:
    vulnerable = [
        f"{package['name']} {package['version']}: {vulnerability['id']}, "
        f"fixed in {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for package in packages
        for vulnerability in package.get("vulns", ())
    ]
    print("\n".join(vulnerable) or f"pip-audit: no known vulnerability in {len(packages)} packages")
    return 1 if vulnerable else 0


def _left_out(why: str) -> int:
    print(f"pip-audit: left out, the advisories cannot be reached ({why[:200]})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
