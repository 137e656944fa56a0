"""C37: the unmodified fal-client from PyPI, over TLS; the start of the sandbox."""

import json
import os
import resource
import ssl
import subprocess
import sys
from typing import Any

import httpx
import pytest
from PIL import Image

import fal
from tests.sandbox.server import ROOT, TlsHosts, start_sandbox

pytestmark = pytest.mark.system


def run_client(tls: TlsHosts, step: str, *more: str) -> dict[str, Any]:
    """Return what one step of client_script.py printed."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("FAL_", "COV"))
    } | {
        "FAL_KEY": tls.key,
        "FAL_QUEUE_RUN_HOST": tls.addresses["queue"].removeprefix("https://"),
        "FAL_RUN_HOST": tls.addresses["run"].removeprefix("https://"),
        "SANDBOX_REST": tls.addresses["rest"],
        "SANDBOX_CDN": tls.addresses["cdn"],
        "SSL_CERT_FILE": str(tls.ca),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.sandbox.client_script", step, *more],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_c37_fal_client_submits_and_follows_to_the_result(tls):
    seen = run_client(tls, "queue")
    assert seen["names"][-1] == "Completed"
    assert {"InProgress", "Completed"} <= set(seen["names"])
    assert seen["lines"] == [f"Waited {n}/4 ({25 * n}%)" for n in range(1, 5)]
    assert seen["output"] == seen["again"]
    assert seen["output"]["slept"] == 0.4


def test_c37_fal_client_can_cancel(tls):
    seen = run_client(tls, "cancel")
    assert seen["result"] == [499, "client_cancelled"]
    assert seen["cancel"][0] == 400


def test_c37_fal_client_subscribes_sync_and_async(tls):
    seen = run_client(tls, "subscribe")
    assert len(seen["ids"]) == 1
    assert seen["updates"][-1] == "Completed"
    assert seen["output"] == seen["async"]
    assert seen["output"]["output"].startswith("# Sea")


def test_c37_fal_client_can_run(tls):
    seen = run_client(tls, "run")
    assert seen["output"]["usage"]["prompt_tokens"] == 3
    status, body = seen["error"]
    assert (status, body["detail"][0]["loc"]) == (422, ["body", "prompt"])


def test_c37_fal_client_can_stream(tls):
    seen = run_client(tls, "stream")
    assert seen["count"] > 3
    assert seen["first"]["partial"] is True
    assert seen["last"]["partial"] is False


def test_c37_c52_fal_client_opens_realtime_by_token_and_by_key(tls):
    seen = run_client(tls, "realtime")
    violet, green, *rest = seen["pictures"]
    assert violet != green
    assert rest == [violet, green] * 2
    assert seen["async"] == violet
    assert "INTERNAL_ERROR" in seen["error"]


def test_c37_c54_fal_client_can_upload(tls, tmp_path):
    picture = tmp_path / "picture.png"
    Image.new("RGB", (40, 30), "teal").save(picture)
    seen = run_client(tls, "upload", str(picture))
    assert (seen["result"]["width"], seen["result"]["height"]) == (40, 30)
    trust = ssl.create_default_context(cafile=str(tls.ca))
    with httpx.Client(verify=trust) as http:
        contents = [http.get(url).content for url in seen["urls"]]
    assert contents == [b"small", bytes(range(256)) * 8192, b"old"]


@pytest.mark.anyio
async def test_a_refused_certificate_names_the_setting(tls, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    async with fal.Clients(fal.Addresses(api=tls.addresses["api"]), "key") as clients:
        with pytest.raises(fal.Unreachable, match="SSL_CERT_FILE"):
            await clients.platform.pricing(["fal-ai/flux/dev"])


def test_the_sandbox_starts_within_a_second_and_exits_with_0(tmp_path):
    def start_and_stop() -> float:
        """Return processor seconds, which a busy machine affects little; usually about 0.4."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        running = start_sandbox(tmp_path)
        assert httpx.get(f"{running.addresses['api']}/models").status_code == 200
        assert running.stop() == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert any(start_and_stop() < 1 for _ in range(5))


def test_the_sandbox_starts_without_django_or_heavy_libraries(tmp_path):
    command = [sys.executable, "-m", "tests.sandbox.imports_script", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.split())
    assert "starlette" in loaded
    assert not loaded & {"django", "fal", "schemas", "catalog", "runs", "config"}
    assert not loaded & {"numpy", "PIL", "av", "trimesh"}
