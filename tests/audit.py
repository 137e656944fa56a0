"""`python -m tests.audit`: report known vulnerabilities of the locked packages, with pip-audit.

Each lock file is checked alone, because two of them may pin different versions of a package. The
advisories come from a server. If it cannot be reached (an aeroplane, a closed network), one line
says that this check was left out, and the lint goes on. A vulnerability fails the lint, and so does
a lock file that pip-audit refuses, even without the network.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKS = sorted([*ROOT.glob("requirements/*.txt"), *ROOT.glob("tests/clients/locks/*.txt")])
CONNECT_WITHIN_S = 5
END_WITHIN_S = 90.0  # it makes a request for each of a hundred packages
AT_ONCE = 4
PIP_AUDIT = (
    *(sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--format", "json"),
    *("--progress-spinner", "off", "--timeout", str(CONNECT_WITHIN_S)),
)
# Parts of pip-audit's errors if the index of advisories gives no proper answer.
AWAY = re.compile(r"requests\.exceptions\.|ServiceError|your network may be blocking")


# A package with a vulnerability since 2017, in no lock file: an index that does not report it has
# no advisories at all.
CANARY = "ansible"
CANARY_LOCK = f"{CANARY}==2.2.0 --hash=sha256:{'0' * 64}\n"


class Refused(Exception):
    """pip-audit refuses a lock file."""


def main(
    locks: Sequence[Path] = LOCKS,
    command: Sequence[str] = PIP_AUDIT,
    end_within_s: float = END_WITHIN_S,
) -> int:
    """Return 1 if a vulnerability is known or a file is refused, 0 otherwise.

    Prints one line, or one for each vulnerability.
    """

    def ask(lock: Path, *more: str) -> list[dict[str, Any]] | str:
        return _ask_about(lock, [*command, *more], end_within_s)

    try:
        why = _why_without_advisories(ask)
        more = ["--dry-run"] if why else []  # reads the files without requests
        with ThreadPoolExecutor(AT_ONCE) as pool:
            reports = list(pool.map(lambda lock: ask(lock, *more), locks))
    except Refused as refusal:
        print(f"pip-audit refuses {refusal}")
        return 1
    why = why or next((report for report in reports if isinstance(report, str)), "")
    if why:
        print(f"pip-audit: left out, the advisories cannot be reached ({why[:200]})")
        return 0
    whole = [report for report in reports if not isinstance(report, str)]
    return _print_vulnerabilities([package for report in whole for package in report])


def _why_without_advisories(ask: Any) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as canary:
        canary.write(CANARY_LOCK)
        canary.flush()
        report = ask(Path(canary.name))
    if isinstance(report, str):
        return report
    is_known = any(package["name"] == CANARY and package.get("vulns") for package in report)
    return "" if is_known else "the index that answers has none"


def _ask_about(
    lock: Path, command: Sequence[str], end_within_s: float
) -> list[dict[str, Any]] | str:
    """Return the packages of a lock file, or why the advisories are unreachable; raises Refused."""
    try:
        done = subprocess.run(
            [*command, "--requirement", str(lock)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=end_within_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {end_within_s:g} s"
    report = _report(done.stdout)
    if report is not None:
        return report
    reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    if "--dry-run" in command and not done.returncode:
        return []
    if AWAY.search(done.stderr):
        return reason
    raise Refused(f"{lock.name}: {reason}")


def _report(text: str) -> list[dict[str, Any]] | None:
    """Return the packages in pip-audit's JSON, or None if it got no answer and printed none."""
    try:
        packages = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    return packages if isinstance(packages, list) else None


def _print_vulnerabilities(packages: list[dict[str, Any]]) -> int:
    vulnerable = dict.fromkeys(
        f"{package['name']} {package['version']}: {vulnerability['id']}, "
        f"fixed in {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for package in packages
        for vulnerability in package.get("vulns", ())
    )
    count = len({(package["name"], package.get("version")) for package in packages})
    print("\n".join(vulnerable) or f"pip-audit: no known vulnerability in {count} packages")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
