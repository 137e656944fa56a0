"""`make production-check`: sets up the deployment of docs/OPERATING.md here, uses and breaks it.

It starts the project's own files: the units, nginx.conf and the Caddyfile, with this machine's
ports and paths, PostgreSQL and nginx from packages, and a bucket. PEOPLE (200) and SECONDS (120)
set the size of the crowd; arguments select promises by name. It does not test systemd's hardening,
because no systemd runs in a container, nor the accounts, because everything runs as one user.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.production import promises
from tests.production.machine import Machine


def main(names: Sequence[str]) -> int:
    """Try the named promises, or all in turn; return 1 if one does not hold."""
    folder = Path(tempfile.mkdtemp(prefix="vitrine-production-"))
    folder.chmod(0o755)  # PostgreSQL's account must pass through it
    failed = 0
    began = time.monotonic()
    with Machine(folder) as machine:
        _say("up", began, "PostgreSQL, a bucket, two web, two workers, realtime, nginx")
        for check in promises.CHECKS:
            if names and check.__name__ not in names:
                continue
            began = time.monotonic()
            try:
                _say(check.__name__, began, check(machine))
            except AssertionError as error:
                failed += 1
                _say(check.__name__, began, f"FAILED: {error}")
    if failed:
        print(f"{failed} failed; the logs are in {folder}")
    else:
        subprocess.run(["rm", "-rf", str(folder)], check=True)
    return 1 if failed else 0


def _say(name: str, began: float, sentence: str) -> None:
    took = time.monotonic() - began
    print(f"  {name.replace('_', ' '):<22} {took:5.0f} s  {sentence}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
