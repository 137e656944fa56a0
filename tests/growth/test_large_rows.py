"""No list loads what it does not show: inputs, results and files in addresses take megabytes.

Each list is requested beside rows of several megabytes; the limit is less than one such row.
"""

import gc
import tracemalloc
import uuid
from typing import Any

import pytest
from django.test import Client

from api import tokens
from features.boards.models import Column, Row
from playground.display import renderers
from runs.live import pages
from runs.models import Artifact, Draft, Preset, ResultExcerpt, Run
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
    *("library:run-descent", "library:all-series", "library:series"),
    *("notifications:inbox", "operations:going", "playground:all-presets"),
    *("playground:presets", "playground:tries", "projects:project"),
    *("sharing:review", "spending:spend", "spending:spend-runs"),
    *("library:choices", "library:destination", "sharing:answers"),
)
LISTS = ("runs", "boards", "flows", "collections", "changes", "favourites", "models", "prices")
SEARCHES = ("/runs/?q=xxx", "/runs/?q=flux", "/runs/?view=list")


def enlarge() -> None:
    output = {"text": TEXT, "images": [{"url": INLINE}]}
    values = {"arguments": {"prompt": TEXT}, "sent_arguments": {"prompt": INLINE}}
    Run.objects.update(**values, output=output, output_text=TEXT, logs=[{"message": TEXT}])
    Artifact.objects.filter(position=1).update(url=INLINE, kind="image")
    Preset.objects.update(arguments={"prompt": TEXT})
    Draft.objects.update(post={"prompt": [TEXT]})
    Column.objects.update(settings={"prompt": TEXT})
    Row.objects.update(values={"prompt": TEXT})


def test_lists_do_not_load_large_columns(world):
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


def test_lists_show_the_beginning_of_large_results_without_loading_them(member, make_run):
    words = [{"timestamp": [n, n + 1], "text": f" word{n}"} for n in range(CHARS // 80)]
    output, batch = {"text": "A mill at dusk." + TEXT, "chunks": words}, uuid.uuid4()
    # Results of an earlier version: the first page that shows them stores their excerpts.
    done = [make_run(state="succeeded", output=output, batch=batch) for _ in range(3)]
    waiting = make_run(state="running", arguments={"prompt": TEXT}, batch=batch)
    tries = f"/tries/{waiting.endpoint.endpoint_id}/"
    shown = {
        address: count(member, address, "A mill at dusk.") for address in ("/runs/", "/", tries)
    }
    assert shown == {"/runs/": 3, "/": 3, tries: 3}
    ResultExcerpt.objects.filter(run=done[0]).delete()
    tracemalloc.start()
    peaks = {address: peak_of(member, address, {}) for address in shown}
    for kind in sorted(renderers.OF_LISTS):  # what an open page gets when the run changes
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        assert str(waiting.pk) in pages.render_newest(waiting.pk, kind)[1]
        peaks[kind] = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert {name: peak for name, peak in peaks.items() if peak > MOST_BYTES} == {}


def count(client: Client, address: str, text: str) -> int:
    return client.get(address).content.decode().count(text)


def ask(client: Client, address: str, headers: Any) -> int:
    response: Any = client.get(address, headers=headers)
    _ = response.getvalue()
    return int(response.status_code)


def peak_of(client: Client, address: str, headers: Any) -> int:
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    ask(client, address, headers)
    return tracemalloc.get_traced_memory()[1] - before
