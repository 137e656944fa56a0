"""Work in one project changes nothing that the members of another project see.

The test requests every page, fragment and list for programs before and after somebody has filled
another project and their private one. The answers are the same: no title, hint or count reveals the
work.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import NoReverseMatch, get_resolver

from api import tokens
from features.notifications import kinds, outbox
from features.notifications.models import Channel, Delivery, Method
from features.sharing.models import Share
from projects import members
from projects.models import Project
from runs.models import Run
from tests.accounts.routes import routes
from tests.accounts.things import Things, make_things
from tests.projects.people import make_project, person
from tests.sampling import one_of_each

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.system]
ENDPOINT = "fal-ai/flux/dev"
OURS, THEIRS = "quokka", "xylophone"
# Queries: a word of the other project's, the beginning of one, and none.
ASKED = (
    "",
    f"?q={THEIRS}",
    f"?q={THEIRS[:4]}",
    f"?model={ENDPOINT}",
    "?scope=all",
    "?state=deleted",
)
# Parts of an answer that change by themselves.
CHANGING = re.compile(
    r"[A-Za-z0-9_\-.:=]{20,}"  # tokens, ids and times
    r"|since=[^&\"]*"
    r'|name="~(?:tab|token)" value="[^"]*"'
    r"|[0-9]+ \w+ ago|just now|[0-9]+(?:\.[0-9]+)? ?(?:ms|s)\b"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}"
    r"|\b[0-9]{1,2}:[0-9]{2}\b"  # times of day
)
# These are not about work in projects: the house's state for operators, and a ZIP of the user's own
# data, which contains the times of their sessions (`test_archive.py` covers its content).
EXEMPT = {"operations:healthz", "operations:own-archive"}


@pytest.fixture
def file() -> Iterator[str]:
    name = default_storage.save("tests/secrecy.png", ContentFile(b"\x89PNG\r\n\x1a\n"))
    yield name
    default_storage.delete(name)


def addresses() -> list[str]:
    """Return the addresses of all routes that are not about a certain object."""
    things = Things({"nothing": None}, {"endpoint_id": ENDPOINT, "address": ENDPOINT})
    paths = []
    for route in routes(get_resolver("config.urls").url_patterns):
        is_general = "<" not in route.path or "endpoint_id" in route.path
        if is_general and not route.name.startswith("admin:") and route.name not in EXEMPT:
            paths.append(things.address(route.name))
    return sorted(set(paths))


def read_all_pages(browser: Client, token: str, asked: Sequence[str] = ASKED) -> dict[str, str]:
    """Return all answers to somebody, without the parts that change by themselves.

    `make test` requests each address without a query and with one of them.
    """
    contents = {}
    for address in addresses():
        for query in one_of_each(asked, bool, address):
            if "/api/" in address:
                response = browser.get(
                    address + query, headers={"Authorization": f"Bearer {token}"}
                )
            else:
                response = browser.get(address + query)
            if response.streaming or response.status_code == 405:
                continue
            text = CHANGING.sub("*", response.content.decode(errors="replace"))
            contents[address + query] = f"{response.status_code} {text}"
    return contents


def test_other_projects_change_nothing(client, make_endpoint, file, settings):
    settings.RATE_LIMITS = False
    endpoint = make_endpoint(ENDPOINT)
    ours, theirs = make_project("Ours", bea="manager"), make_project("Theirs", ana="manager")
    bea, ana = person("bea"), person("ana")
    make_things(bea, endpoint, file, ours, word=OURS)
    make_things(bea, endpoint, file, word=OURS)
    client.force_login(bea)
    _, token = tokens.create(bea, "script")
    choose(client, ours)
    read_all_pages(client, token, [""])  # the first visit fills caches
    before = read_all_pages(client, token)
    assert sum(OURS in text for text in before.values()) > 20, "these pages show something"

    make_things(ana, endpoint, file, theirs, word=THEIRS)
    make_things(ana, endpoint, file, word=THEIRS)
    after = read_all_pages(client, token)
    changed = {
        address: changes(before[address], text)
        for address, text in after.items()
        if text != before[address]
    }
    assert not changed


def test_whoever_is_removed_reads_nothing_any_more(client, make_endpoint, file, settings):
    settings.RATE_LIMITS = False
    project = make_project("Theirs", ana="manager", bea="manager")
    ana = person("ana")
    things = make_things(ana, make_endpoint(ENDPOINT), file, project, word=THEIRS)
    Share.objects.update(audience="project")
    run, channel = Run.objects.get(), Channel.objects.create(user=ana, method="email", name="mail")
    Channel.objects.filter(pk=channel.pk).update(kinds=[kinds.RUN_FINISHED])
    outbox.notify(ana, kinds.RUN_FINISHED, subject=THEIRS, key="a", about=run)
    Delivery.objects.create(user=ana, method=Method.RUNS, run=run, state="failed")
    Run.objects.update(state="in_progress")  # the bell lists runs in progress
    client.force_login(ana)
    _, token = tokens.create(ana, "script")
    content = [b"\x89PNG", b"playground.Run.json", b"library.Prompt.json", b"xylophone.png"]

    def archived_parts() -> list[bytes]:
        response: Any = client.get("/account/data/archive/")
        archive = b"".join(response.streaming_content)
        return [part for part in content if part in archive]

    assert len(read_by(client, token, things)) > 40
    assert archived_parts() == content
    members.remove(person("bea"), project, ana.pk)
    assert not read_by(client, token, things)
    assert archived_parts() == []


def read_by(browser: Client, token: str, things: Things) -> set[str]:
    """Return the addresses whose answers mention these objects or send one of their files."""
    addresses = set()
    for route in routes(get_resolver("config.urls").url_patterns):
        if route.name.startswith("admin:") or route.name in EXEMPT:
            continue
        try:
            address = things.address(route.name)
        except NoReverseMatch:  # this route is about none of these objects
            continue
        headers = {"Authorization": f"Bearer {token}"} if "/api/" in address else {}
        response: Any = browser.get(address, headers=headers)
        sent = b"".join(response.streaming_content) if response.streaming else response.content
        if THEIRS.encode() in sent or sent.startswith(b"\x89PNG"):
            addresses.add(address)
    return addresses


def changes(before: str, after: str) -> str:
    """Return the elements, or lines, that are new."""
    old, new = (re.split(r"(?=<)|\n|(?<=,)", text) for text in (before, after))
    known = set(old)
    return " ".join(part for part in new if part not in known)[:400]


def choose(browser: Client, project: Project) -> None:
    assert browser.get(f"/models/?project={project.slug}").status_code == 200
