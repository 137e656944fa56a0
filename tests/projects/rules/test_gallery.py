"""The gallery shows the locks of the page's project as a start finds them; free without rules."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.locks import locks_of
from catalog.models import Endpoint, Mark, Revision
from catalog.search.engine import search
from catalog.search.query import Query
from projects.models import Project, Rule
from projects.rules import enforcement
from tests.conftest import grant
from tests.projects.people import logged_in, make_project, person, working_in
from tests.projects.rules.test_decision import any_rule

pytestmark = pytest.mark.django_db
MODELS = "/models/"


@pytest.fixture
def models(make_endpoint: Any) -> list[Endpoint]:
    """The models that the rules in the decision's tests name."""
    return [
        make_endpoint("acme/paint", license_type="commercial", mark=Mark.APPROVED),
        make_endpoint("acme/paint/fast", mark=Mark.EXPERIMENTAL),
        make_endpoint(
            "acme/film",
            category="text-to-video",
            published_at=timezone.now(),
            unit_price_usd=Decimal("0.4"),
            price_unit="videos",
        ),
        make_endpoint("bolt/paint", license_type="research"),
        make_endpoint("bolt/song", category=""),
    ]


@pytest.fixture
def project(models: list[Endpoint]) -> Project:
    return make_project("Spring", mia="manager", max="maker")


class Page:
    """A request with an address that names a project."""

    def __init__(self, user: User, project: Project) -> None:
        self.user, self.GET = user, {"project": project.key}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        any_rule(), max_size=4, unique_by=lambda rule: (rule.project_id, rule.kind, rule.value)
    )
)
def test_gallery_filter_and_door_agree(models, project, rules):
    Rule.objects.all().delete()
    for rule in rules:
        rule.pk = None
        rule.project = project if rule.project_id else None
        rule.save(force_insert=True)
    at_door = {model.pk for model in models if enforcement.refusal(project, model)}
    revision = Revision.current()
    locks = locks_of(Page(person("max"), project), revision)  # type: ignore[arg-type]
    assert locks.models == at_door == enforcement.refusals(project, models).keys()
    for is_locked, wanted in ((False, {m.pk for m in models} - at_door), (True, at_door)):
        answer = search(Query(locked=is_locked, is_gallery=True), locked=locks.models)
        assert {endpoint.pk for endpoint in answer.endpoints} == wanted
        assert answer.locked == len(at_door)


def forbid(value: str = "acme", project: Project | None = None, **more: Any) -> Rule:
    values = {"effect": "forbid", "kind": "owner", "value": value}
    return Rule.objects.create(project=project, **(values | more))


OTHERS = f"{MODELS}?allowed=0"


def test_locked_models_are_behind_others_with_the_reason_in_their_project(project):
    forbid(project=project, reason="Not licensed")
    mine = person("max")
    client = working_in(project, mine)
    page = client.get(MODELS).content.decode()
    assert "data-lock" not in page
    assert "bolt/song" in page
    assert f'href="{OTHERS}">Others</a>' in page
    others = client.get(OTHERS).content.decode()
    assert others.count("data-lock") == 3
    assert "bolt/song" not in others
    assert "Locked by a rule of this project: “Forbid models of acme”. Not licensed." in others
    private = logged_in(mine).get(f"{MODELS}?project=private").content.decode()
    assert "acme/film" in private


def test_a_new_rule_is_seen_at_once_and_its_end_too(project):
    client = working_in(project, person("max"))
    for address in (MODELS, "/"):  # the shelves of the front page
        assert b"acme/film" in client.get(address).content
    rule = forbid()
    for address in (MODELS, "/"):
        assert b"acme/film" not in client.get(address).content
    rule.delete()
    assert b"acme/film" in client.get(MODELS).content


@pytest.mark.parametrize("has_rules", [False, True])
def test_a_cached_gallery_page_asks_nothing_for_rules(
    project, has_rules, django_assert_num_queries
):
    if has_rules:
        forbid()
        forbid("bolt/song", project, kind="id")
    client: Client = working_in(project, person("max"))
    client.get(MODELS)
    with django_assert_num_queries(6) as captured:  # one of them for the models' records
        client.get(MODELS)
    assert not any("projects_rule" in query["sql"] for query in captured.captured_queries)


def test_a_model_page_says_why_it_cannot_run(project):
    forbid(project=project, reason="Not licensed")
    page = working_in(project, person("max")).get("/models/acme/film/").content.decode()
    assert "data-lock" in page
    assert "film is locked by a rule of the project “Spring”: “Forbid models of acme”." in page


def test_a_mark_opens_a_model_on_its_page_at_once(project):
    Rule.objects.create(effect="only", kind="mark", value="approved", is_binding=True)
    eva = person("eva")
    grant(eva, "catalog.change_endpoint")
    client = logged_in(eva)
    page, address = "/models/acme/film/", "/marks/acme/film/"
    for mark in ("", "experimental"):
        client.post(address, {"mark": mark, "reason": "New"})
        assert "“Allow only models marked approved”" in client.get(page).content.decode()
    client.post(address, {"mark": "approved", "reason": "Tested"})
    assert "data-lock" not in client.get(page).content.decode()


def test_where_nothing_may_run_the_others_are_named(project):
    forbid()
    page = working_in(project, person("max")).get(f"{MODELS}?q=film").content.decode()
    assert "acme/film" not in page
    assert ">Others</a>" in page


def test_approved_models_come_first(project, make_endpoint):
    make_endpoint("dear/paint", mark=Mark.APPROVED, position=99)
    client = working_in(project, person("max"))
    for address in (MODELS, f"{MODELS}?q=paint"):
        page = client.get(address).content.decode()
        assert page.index("dear/paint") < page.index("bolt/paint")
