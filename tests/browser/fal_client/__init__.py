"""Installs npm's unmodified package `@fal-ai/client`, for the code that the API tab shows."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
WITHIN_S = 120


def installed() -> Path:
    """Return the `node_modules` that package-lock.json describes; npm installs it once."""
    lock = HERE / "package-lock.json"
    target = Path(sys.prefix) / "npm" / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    target.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # one test process installs, the others wait
        if not (target / "done").exists():
            for source in (lock, HERE / "package.json"):
                shutil.copy(source, target)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=target, check=True, timeout=WITHIN_S, capture_output=True)
            (target / "done").touch()
    return (target / "node_modules").resolve()
