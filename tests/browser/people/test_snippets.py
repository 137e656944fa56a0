"""The code under "Through Vitrine" on the API tab, run as it is shown, with a whole Vitrine."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.reference import snippets
from schemas.reference.snippets import WAYS
from tests.browser import fal_client
from tests.processes import Up
from tests.sandbox.shown_code import CALLS, call, prepare, run

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.needs("Node")]

SHOWN = [way for way in WAYS if call(way, server="http://vitrine.example").through_vitrine(way)]


@pytest.fixture(scope="module")
def token(vitrine: Up) -> str:
    return vitrine.manage("token", "owner", "--name", "code").splitlines()[-1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the code runs, with fal's client."""
    monkeypatch.setattr(snippets, "WEBHOOK", "https://nobody.invalid/fal")
    (tmp_path / "node_modules").symlink_to(fal_client.installed())
    return prepare(tmp_path)


@pytest.mark.parametrize("way", SHOWN, ids=[way.key for way in SHOWN])
def test_the_code_through_vitrine_runs(vitrine, token, folder, way):
    endpoint_id, arguments = CALLS[way.key]
    headers = {"Authorization": f"Bearer {token}"}
    for snippet in call(way, server=vitrine.base).through_vitrine(way):
        assert run(snippet, folder, VITRINE_TOKEN=token).strip()
        answer = httpx.get(f"{vitrine.base}/api/v1/runs", params={"limit": 1}, headers=headers)
        newest: dict[str, Any] = answer.json()["items"][0]
        sent = httpx.get(f"{vitrine.base}/api/v1/runs/{newest['id']}?wait=60", headers=headers)
        assert (sent.json()["endpoint_id"], sent.json()["state"]) == (endpoint_id, "succeeded")
        received: dict[str, Any] = sent.json()["arguments"]
        assert bool(received.pop("image_url", None)) == (way.key == "upload")
        assert received == arguments
