"""Starts sandboxes for tests: as a process of its own, or two TLS hosts for the unmodified fal-client."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.config import PREFIXES

ROOT = Path(__file__).parents[2]


@dataclass
class RunningSandbox:
    """A sandbox that answers at `base`; `addresses` holds the base of each fal host."""

    base: str
    key: str
    addresses: dict[str, str]
    process: subprocess.Popen[str]

    def stop(self) -> int:
        """End it politely; returns its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(10)
        finally:
            if self.process.stdout:
                self.process.stdout.close()


def start_sandbox(
    data_dir: Path, key: str = "test-key:secret", port: int = 0, **options: object
) -> RunningSandbox:
    """A sandbox in a process of its own, ready to answer; options are flags (`pace=0`, `concurrency=1`)."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "sandbox", f"--port={port}", f"--key={key}"]
    process = subprocess.Popen(
        [*command, f"--data-dir={data_dir}", *flags], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("Sandbox at "):
        process.kill()
        process.wait()
        process.stdout.close()
        raise RuntimeError(f"the sandbox did not start: {line!r}")
    base = line.split()[2]
    return RunningSandbox(
        base, key, {host: base + path for host, path in PREFIXES.items()}, process
    )
