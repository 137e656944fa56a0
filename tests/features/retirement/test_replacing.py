"""A model that 34 things use is retired: each owner moves theirs in one press, with undo."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Collection, Endpoint
from features.boards.models import Cell, Column
from features.flows.models import Flow
from features.notifications.models import Notification
from features.retirement.models import Replacement
from projects.models import Rule
from runs.models import Preset
from tests.conftest import grant
from tests.features.retirement.house import NEW, OLD, SETTINGS, furnish

pytestmark = pytest.mark.django_db
PAGE = f"/models/{OLD}/dependants/"
PERMISSIONS = (
    *("catalog.change_endpoint", "catalog.change_collection"),
    *("playground.view_run", "playground.set_house_default"),
)


@pytest.fixture
def people() -> list[User]:
    """An administrator and two others."""
    eva, *others = (User.objects.create_user(name) for name in ("eva", "ben", "cora"))
    grant(eva, *PERMISSIONS)
    return [User.objects.get(pk=eva.pk), *others]


@pytest.fixture
def old(make_endpoint: Any, people: list[User]) -> Endpoint:
    """The model that is retired; its newer version is its deputy."""
    endpoint, deputy = furnish(make_endpoint, people)
    endpoint.deputy, endpoint.status = deputy, "deprecated"
    endpoint.save()
    return endpoint


@pytest.fixture
def browsers(people: list[User]) -> list[Client]:
    """A client for each of the people."""
    clients = [Client() for _ in people]
    for client, person in zip(clients, people, strict=True):
        client.force_login(person)
    return clients


def keys(client: Client, **query: str) -> list[str]:
    groups = client.get(PAGE, query).context["groups"]
    return [dependant.key.partition("/")[0] for _, found in groups for dependant in found]


def test_the_page_lists_all_kinds_with_owners_and_what_changes(old, browsers):
    found = keys(browsers[0])
    assert len(found) == 34
    assert len(set(found)) == 7
    page = browsers[0].get(PAGE).content.decode()
    assert "Lost: “Mood” is not used" in page
    assert "temperature 1.5 → 1" in page


def test_work_of_others_is_neither_listed_nor_counted(old, browsers, people):
    found = keys(browsers[1])
    assert (found.count("preset"), found.count("token"), len(found)) == (3, 1, 13)
    own = Preset.objects.filter(user=people[1])
    own.update(is_hidden=True)
    assert "Preset 1" not in browsers[0].get(PAGE).content.decode()  # an admin: without its name


def test_all_of_mine_moves_in_one_press_and_back(old, browsers, people):
    eva, new = people[0], Endpoint.objects.get(endpoint_id=NEW)
    browsers[0].post(PAGE, {"~do": "move", "to": NEW})
    mine = Preset.objects.filter(user=eva)
    assert {preset.endpoint for preset in mine} == {new}
    assert mine.filter(is_house_default=True).exists()
    assert mine[0].arguments == {"prompt": "a fox", "temperature": 1}
    steps = [flow.definition["steps"][0] for flow in Flow.objects.filter(user=eva)]
    assert {step["endpoint"] for step in steps} == {OLD}  # a flow stays as it was made
    column = Column.objects.filter(board__user=eva, endpoint=new).first()
    assert column
    assert column.cells.get().not_sent.startswith("Takes the place of")
    collections = Collection.objects.filter(items__endpoint=new)
    assert [item.note for row in collections for item in row.items.all()] == ["Good."] * 3
    assert Preset.objects.filter(endpoint=old).exclude(user=eva).count() == 6
    assert {key for key in keys(browsers[0]) if key == "default"} == set()

    browsers[0].post(PAGE, {"~do": "undo"})
    assert {preset.endpoint for preset in mine.all()} == {old}
    assert mine.all()[0].arguments == SETTINGS
    assert not Column.objects.filter(endpoint=new).exists()
    assert not Collection.objects.filter(items__endpoint=new).exists()
    assert len(keys(browsers[0])) == 34


def test_what_somebody_has_changed_since_stays_where_it_is(old, browsers):
    browsers[1].post(PAGE, {"~do": "move", "to": NEW})
    Preset.objects.filter(name="Preset 1").update(arguments={"prompt": "a hen"})
    cell = Cell.objects.exclude(not_sent="").first()
    assert cell
    cell.run = Cell.objects.exclude(run=None)[0].run
    cell.save()
    page = browsers[1].post(PAGE, {"~do": "undo"}, follow=True).content.decode()
    assert "2 places had changed since" in page
    assert Preset.objects.get(name="Preset 1").arguments == {"prompt": "a hen"}


def test_a_step_that_020_moved_can_be_moved_back(old, browsers, people):
    flow = Flow.objects.get(name="Flow 1")
    former = {"definition": {"version": 1, "steps": [], "inputs": []}, "version": 1}
    state = [former, {"definition": flow.definition, "version": 2}]
    row = ["step", str(flow.pk), state, "Flow 1, step 1", flow.get_absolute_url()]
    new = Endpoint.objects.get(endpoint_id=NEW)
    Replacement.objects.create(user=people[1], source=old, target=new, rows=[row])
    browsers[1].post(PAGE, {"~do": "undo"})
    flow.refresh_from_db()
    assert flow.definition == former["definition"]


def test_the_owners_of_the_rest_are_notified_once(old, browsers, people):
    for _ in range(2):
        browsers[0].post(PAGE, {"~do": "move", "to": NEW})
    told = Notification.objects.filter(kind="model_changed")
    assert sorted(told.values_list("user__username", flat=True)) == ["ben", "cora"]
    assert told[0].path == f"{PAGE}?to={NEW}"
    browsers[1].post(PAGE, {"~do": "move", "to": NEW})
    assert told.count() == 2


def test_the_page_takes_as_many_queries_for_any_number_of_places(old, browsers):
    browsers[0].get(PAGE)
    used = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            browsers[0].get(PAGE)
        used.append(len(queries))
        for kind in (Preset, Flow):
            kind.objects.filter(pk__in=kind.objects.values("pk")[:4]).delete()
    assert used[0] == used[1]


def test_nothing_moves_to_a_model_that_rules_lock(old, browsers):
    Rule.objects.create(kind="id", value=NEW, reason="Not here.")
    browsers[1].post(PAGE, {"~do": "move", "to": NEW})
    assert not Replacement.objects.exists()
    assert "Not here." in browsers[1].get(PAGE, {"to": NEW}).content.decode()


def test_curators_name_the_deputy(old, browsers):
    assert browsers[1].post(PAGE, {"~do": "deputy", "to": ""}).status_code == 403
    browsers[0].post(PAGE, {"~do": "deputy", "to": ""})
    old.refresh_from_db()
    assert old.deputy is None
    browsers[0].post(PAGE, {"~do": "deputy", "to": NEW})
    old.refresh_from_db()
    assert old.deputy
