"""No list loads what it does not show: inputs, results and files in addresses take megabytes.

Each list is requested beside rows of several megabytes; the limit is less than one such row.
"""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import pytest
from django.test import Client

from api import tokens
from features.boards.models import Column, Row
from features.chats.models import Chat
from runs.models import Artifact, Draft, Preset, Run
from tests.accounts.test_access import World
from tests.edges import test_routes

pytestmark = [pytest.mark.django_db, pytest.mark.system, pytest.mark.both_databases]
world = test_routes.world

CHARS = 4 << 20
MOST_BYTES = 3 << 20
TEXT = "x" * CHARS
INLINE = f"data:image/png;base64,{'A' * CHARS}"
PAGES = (
    *("catalog:front", "catalog:models", "library:runs", "library:facets", "library:newer"),
    *("boards:boards", "boards:board-comments"),
    *("library:run-series", "library:run-descent", "library:references", "library:views"),
    *("notifications:inbox", "operations:going", "playground:all-presets"),
    *("playground:presets", "playground:recent-prompts", "playground:strip", "projects:project"),
    *("sharing:review", "spending:spend", "spending:spend-runs", "training:training"),
    *("training:weights", "playground:upload-choices", "library:reference-results"),
    *("training:dataset-results", "sharing:answers-versions"),
)
LISTS = ("runs", "boards", "flows", "collections", "changes", "favourites", "models", "prices")
SEARCHES = ("/runs/?q=xxx", "/runs/?q=flux", "/chats/?q=word", "/runs/?view=list")


def enlarge() -> None:
    output = {"text": TEXT, "images": [{"url": INLINE}]}
    values = {"arguments": {"prompt": TEXT}, "sent_arguments": {"prompt": INLINE}}
    Run.objects.update(**values, output=output, output_text=TEXT, logs=[{"message": TEXT}])
    Artifact.objects.filter(position=1).update(url=INLINE, kind="image")
    Preset.objects.update(arguments={"prompt": TEXT})
    Draft.objects.update(post={"prompt": [TEXT]})
    Column.objects.update(settings={"prompt": TEXT})
    Row.objects.update(values={"prompt": TEXT})
    Chat.objects.update(draft={"text": TEXT}, system=TEXT, settings={"prompt": TEXT})


def test_lists_do_not_load_large_columns(world: World) -> None:
    _, secret = tokens.create(world.people["owner"], "reader", ["read"])
    token = {"Authorization": f"Bearer {secret}"}
    owner = Client()
    owner.cookies = world.cookies["owner"]
    owner.force_login(world.people["owner"])
    asks: list[tuple[Client, str, Any]] = [
        *((owner, world.address(name), {}) for name in PAGES),
        *((owner, address, {}) for address in SEARCHES),
        *((Client(), f"/api/v1/{name}", token) for name in LISTS),
        (Client(), "/api/v1/runs?limit=100", token),
    ]
    statuses = {request[1]: ask(*request) for request in asks}
    assert {address: status for address, status in statuses.items() if status >= 400} == {}
    enlarge()
    gc.collect()
    tracemalloc.start()
    peaks = {request[1]: peak_of(*request) for request in asks}
    tracemalloc.stop()
    assert {address: peak for address, peak in peaks.items() if peak > MOST_BYTES} == {}


def ask(client: Client, address: str, headers: Any) -> int:
    response: Any = client.get(address, headers=headers)
    _ = response.getvalue()
    return int(response.status_code)


def peak_of(client: Client, address: str, headers: Any) -> int:
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    ask(client, address, headers)
    return tracemalloc.get_traced_memory()[1] - before
