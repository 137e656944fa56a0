"""No list takes more queries for many rows than for a few, and none more than its row allows."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import trail
from api import tokens
from catalog.models import (
    Change,
    Collection,
    CollectionItem,
    Endpoint,
    Note,
    SyncReport,
)
from features.library.search import indexing
from features.notifications import kinds, outbox
from features.notifications.models import Channel, Delivery
from features.spending.models import Budget, MeasuredPrice, SpendingRules
from projects.models import Project, Rule
from runs.models import Run, View
from tests.accounts.things import make_things
from tests.databases import plan_queries
from tests.features.spending.spend.charges import charge
from tests.house.made import invite, make_admin
from tests.projects.people import logged_in, make_project, person
from tests.runs.records.worth import make_board, make_judged

pytestmark = [pytest.mark.django_db, pytest.mark.system, pytest.mark.always]
MODEL = "fal-ai/flux/dev"
FEW, MANY = 7, 12
MEMBERS = {
    "/": 19, "/models/": 7, "/categories/": 7, "/categories/text-to-image/": 7, "/collections/": 5,
    "/collections/best/": 8, "/changes/": 9, "/leaderboard/": 8,
    f"/models/{MODEL}/": 17, f"/models/{MODEL}/?tab=about": 14, f"/presets/of/{MODEL}/": 6,
    "/runs/?as=list": 7, "/runs/?as=wall": 9, "/runs/?state=deleted": 8, "/runs/?q=word": 10,
    "/runs/?q=is:upload": 9, "/runs/?by=model": 11, "/runs/?by=day": 9, "/jump/?q=word": 10,
    "/compare/": 10, "/flows/": 6,
    "/prompts/": 9, "/series/mentioned/": 6, f"/series/destination/?model={MODEL}": 11,
    "/series/": 11, "/uploads/choices/?kind=image&from=uploads": 3,
    "/uploads/choices/?kind=image&from=results": 3,
    "/projects/": 6, "/projects/best/rules/": 11, "/inbox/": 7,
    "/account/": 8, "/account/tokens/": 6, "/account/notifications/": 9,
    "/spend/": 10, "/spend/runs/": 11, "/spend/budgets/": 14,
}  # fmt: skip
ADMINS = {
    "/people/": 9, "/people/invitations/": 13, "/people/audit/": 9, "/runs/?as=list&whose=*": 12,
    "/spend/?by=person": 11, "/spend/?by=project": 11,
    "/spend/budgets/": 14, "/admin/status/": 43,
    "/collections/best/": 11, "/collections/best/edition/": 8, f"/collections/of/{MODEL}/": 8,
}  # fmt: skip
PROGRAMS = {
    "/api/v1/runs?project=best": 5, "/api/v1/boards": 4, "/api/v1/flows": 4, "/api/v1/presets": 5,
    "/api/v1/uploads": 4, "/api/v1/models": 4, "/api/v1/models?q=word": 4, "/api/v1/prices": 2,
    "/api/v1/projects": 4,
}  # fmt: skip


@pytest.fixture
def endpoint(make_endpoint: Any, documents: Any) -> Endpoint:
    Collection.objects.create(slug="best", title="Best", is_published=True)
    SyncReport.objects.create(state="done")
    make_project("Best", ana="manager")
    SpendingRules.objects.create(pk=1)
    made: Endpoint = make_endpoint(MODEL, documents[MODEL])
    return made


def fill(user: User, admin: User, endpoint: Endpoint, start: int, end: int) -> None:
    """Make one more of everything that lists show, for each number from `start` to `end`."""
    project, collection = Project.objects.get(slug="best"), Collection.objects.get(slug="best")
    for number in range(start, end):
        model = Endpoint.objects.create(
            endpoint_id=f"owner{number}/word", display_name="word", owner=f"owner{number}",
            category="text-to-image", published_at=timezone.now(), group_key=f"g{number}",
        )  # fmt: skip
        CollectionItem.objects.create(collection=collection, endpoint=model, position=number)
        Collection.objects.create(slug=f"c{number}", title="c", cover=model, is_published=True)
        Change.objects.create(endpoint=model, kind="new", at=timezone.now())
        Note.objects.create(endpoint=endpoint, user=user, text="n")
        sums = dict.fromkeys(("median", "low", "high", "spread"), Decimal(1))
        MeasuredPrice.objects.create(endpoint=model, count=5, is_used=False, **sums)
        make_things(user, endpoint, "x.png", word=f"word {number}")
        make_things(user, model, "x.png", project, word=f"word {number} of us")
        make_things(user, model, "x.png", word=f"gone {number}", deleted_at=timezone.now())
        View.objects.create(user=user, of="models", name=f"m{number}", line=f"category=c{number}")
        Run.objects.create(
            user=user, endpoint=model, arguments={}, form_token=uuid4().hex, state="running"
        )
        make_judged(user, model, 20, 5)
        make_board(user, [endpoint, model], wins=1)
        tokens.create(user, f"token {number}")
        channel = Channel.objects.create(user=user, method="email", name=f"{number}")
        Delivery.objects.create(user=user, method="email", channel=channel)
        outbox.notify(user, kinds.RUN_FINISHED, subject="s", key=f"{number}", path="/runs/")
        invite(admin, (project, "maker"), max_uses=None)
        other = person(f"person{number}")
        theirs = make_project(f"Project {number}", ana="viewer", **{other.username: "manager"})
        Rule.objects.create(
            project=project, effect="forbid", kind="owner", value=f"owner{number}", made_by=user
        )
        Budget.objects.create(scope="person", person=other, limit=9)
        for of in (project, theirs):
            charge(user, "0.10", None, of, model)
            charge(other, "0.20", None, of, model, billed=Decimal(3))
        trail.record(user, "made", [project])
    indexing.index_all()


def counts_of(client: Client, pages: dict[str, int]) -> dict[str, int]:
    """Return the number of queries of each page, after a first visit has filled the caches."""
    counts = {}
    for address in pages:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        assert response.status_code == 200, address
        assert not any('"document"' in query["sql"] for query in queries), address
        counts[address] = len(queries)
    return counts


def test_no_list_takes_more_queries_for_many_rows(user, endpoint):
    admin = make_admin("eva")
    _, secret = tokens.create(user, "script")
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    lists = [(logged_in(user), MEMBERS), (logged_in(admin), ADMINS), (program, PROGRAMS)]
    fill(user, admin, endpoint, 0, FEW)
    few = [counts_of(client, pages) for client, pages in lists]
    fill(user, admin, endpoint, FEW, MANY)
    many = [counts_of(client, pages) for client, pages in lists]
    differences = [
        (address, before[address], count, pages[address])
        for (_, pages), before, after in zip(lists, few, many, strict=True)
        for address, count in after.items()
        if count > before[address] or count > pages[address] + plan_queries(2)
    ]
    assert not differences
