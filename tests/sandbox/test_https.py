"""`--tls`: fal-client from PyPI configured only by the environment, with fal's own host names."""

from __future__ import annotations

import json
import os
import shlex
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import fal
from sandbox import https
from sandbox.https import PREFIXES
from tests.sandbox.server import ROOT

pytestmark = pytest.mark.system


@dataclass
class Served:
    """A sandbox over TLS, and the variables that it has printed."""

    variables: dict[str, str]

    @property
    def port(self) -> int:
        return int(self.variables["FAL_RUN_HOST"].partition(":")[2].partition("/")[0])


@pytest.fixture(scope="module")
def tls_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("tls")
    command = [sys.executable, "-m", "sandbox", "--port=0", f"--data-dir={folder}", "--pace=0"]
    process = subprocess.Popen(
        [*command, "--tls"],
        cwd=ROOT,
        env=os.environ | {"SANDBOX_KEY": "made:up"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    variables = {}
    while "NODE_EXTRA_CA_CERTS" not in variables:
        line = process.stdout.readline()
        assert line, "the sandbox has ended"
        if "export " in line:
            name, _, value = shlex.split(line)[1].partition("=")
            variables[name] = value
    yield Served(variables)
    process.terminate()
    assert process.wait(30) == 0
    process.stdout.close()


def test_fal_client_works_with_environment_variables_only(tls_sandbox: Served) -> None:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("FAL_", "COV"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.sandbox.environment_script"],
        cwd=ROOT,
        env=inherited | tls_sandbox.variables,
        capture_output=True,
        text=True,
        timeout=300,  # long enough to tell a hang from a busy machine
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["last"] == "Completed"
    outputs = [report[name]["output"] for name in ("subscribe", "again", "run", "stream")]
    assert [text[:5] for text in outputs] == ["# Sea"] * 4
    assert report["live"] == "violet"


def test_fals_own_names_are_answered(tls_sandbox: Served) -> None:
    trust = ssl.create_default_context(cafile=tls_sandbox.variables["SSL_CERT_FILE"])
    for host, path in (
        ("api.fal.ai", "/v1/models?limit=1"),
        ("rest.fal.ai", "/.well-known/jwks.json"),
    ):
        with (
            socket.create_connection(("127.0.0.1", tls_sandbox.port), 10) as plain,
            trust.wrap_socket(plain, server_hostname=host) as secure,
        ):
            secure.sendall(
                f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
            )
            assert secure.recv(15).startswith(b"HTTP/1.1 200")


@pytest.mark.anyio
async def test_a_refused_certificate_names_the_setting(
    tls_sandbox: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    addresses = fal.Addresses(api=f"https://127.0.0.1:{tls_sandbox.port}")
    async with fal.Clients(addresses, "key") as clients:
        with pytest.raises(fal.Unreachable, match="SSL_CERT_FILE"):
            await clients.platform.pricing(["fal-ai/flux/dev"])


def test_certificates_are_stored_and_private(tmp_path: Path) -> None:
    first = [file.read_bytes() for file in https.make_certificates(tmp_path, ("fal.run",))]
    assert [file.read_bytes() for file in https.make_certificates(tmp_path)] == first
    # more names need a new certificate
    ca, server = https.make_certificates(tmp_path, tuple(PREFIXES))
    assert server.read_bytes() != first[1]
    assert server.stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE" not in ca.read_bytes()
