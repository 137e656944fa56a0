"""The unmodified fal-client from PyPI, told by its environment alone that we are fal."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from django.core.wsgi import get_wsgi_application
from django.db import connections

from api import tokens
from api.wait import HeldResponses
from fal import RunFailed
from runs.models import Run
from runs.state import state_machine
from runs.state.transitions import Observation
from sandbox import https
from tests.api.pages import Pages
from tests.core.live.listening import listening
from tests.sandbox.server import ROOT

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]
REFUSED = RunFailed(
    "prompt: no", status=422, type="value_error", detail=[{"loc": ["body", "prompt"], "msg": "no"}]
)


class Served:
    """The pages over TLS in a thread, and what a worker would record of their runs."""

    def __init__(self, folder: Path, key: str) -> None:
        self.ca, certificate = https.make_certificates(folder)
        self.key = key
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.pages = Pages(get_wsgi_application())
        self.broker: Any = None
        held = HeldResponses(self.pages, lambda: self.broker)
        self.server = uvicorn.Server(
            uvicorn.Config(held, ssl_certfile=certificate, log_level="warning", lifespan="off")
        )
        self.thread = threading.Thread(target=asyncio.run, args=(self._serve(),), daemon=True)
        self.thread.start()

    async def _serve(self) -> None:
        async with listening() as self.broker:
            await self.server.serve(sockets=[self.listener])

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        self.pages.close()

    def client(self, step: str) -> subprocess.Popen[str]:
        host = f"localhost:{self.listener.getsockname()[1]}"
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("FAL_", "COV"))
        } | {
            "FAL_KEY": self.key,
            "FAL_RUN_HOST": f"{host}/api/fal/run",
            "FAL_QUEUE_RUN_HOST": f"{host}/api/fal/queue",
            "SSL_CERT_FILE": str(self.ca),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tests.api.fal_proxy.client_script", step],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def served(tmp_path: Path, user: Any, make_endpoint: Any) -> Iterator[Served]:
    make_endpoint()
    _, secret = tokens.create(user, "script", ["run"])
    server = Served(tmp_path, secret)
    yield server
    server.stop()
    connections.close_all()


def converse(served: Served, step: str, *news: Observation) -> Any:
    """Return what the client printed while its run gets these observations."""
    process = served.client(step)
    try:
        while news and not Run.objects.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        for observation in news:
            state_machine.record(Run.objects.earliest("created_at").pk, observation)
        out, error = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, error
    return json.loads(out)


def test_subscribe_polls_and_fetches(served: Served) -> None:
    news = [Observation("running"), Observation("succeeded", output={"seed": 2**70})]
    conversation = converse(served, "subscribe", *news)
    assert conversation["output"] == conversation["again"] == {"seed": 2**70}
    assert conversation["last"] == "Completed"
    assert Run.objects.get().arguments == {"prompt": "subscribe"}


def test_run_is_held_until_the_result(served: Served) -> None:
    conversation = converse(served, "run", Observation("succeeded", output={"text": "words"}))
    assert conversation["output"] == {"text": "words"}
    assert Run.objects.count() == 1


def test_a_refusal_of_the_model_reaches_the_client(served: Served) -> None:
    conversation = converse(served, "fail", Observation("failed", error=REFUSED.as_json()))
    assert conversation == {"status": 422, "body": {"detail": REFUSED.detail}}


def test_the_client_can_cancel_a_request(served: Served) -> None:
    assert converse(served, "cancel") == {"status": 499, "type": "client_cancelled"}
    assert Run.objects.get().state == Run.State.CANCELLED
