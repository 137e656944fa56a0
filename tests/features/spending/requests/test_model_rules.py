"""Asking for a locked model: whom it reaches, what Allow does, and that it is decided once."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Endpoint
from core.refusals import Refused
from features.notifications.models import Notification
from features.spending.models import BudgetRequest
from projects.models import Project, Rule
from projects.rules import editing, enforcement
from tests.conftest import grant
from tests.features.pages import text_of
from tests.projects.people import logged_in, make_project, person, working_in

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NEW, MODEL = "/spend/requests/new/?model=acme/film", "/models/acme/film/"


@pytest.fixture
def film(make_endpoint: Any) -> Endpoint:
    made: Endpoint = make_endpoint("acme/film", display_name="Film")
    return made


@pytest.fixture
def spring(film: Endpoint) -> Project:
    return make_project("Spring", mia="manager", max="maker", eve="manager")


@pytest.fixture
def ada(film: Endpoint) -> User:
    """An admin of the house, in no project."""
    user = person("ada")
    user.is_staff = user.is_superuser = True
    user.save()
    return user


def new_lines(user: User) -> list[str]:
    rows = Notification.objects.filter(user=user, seen_at=None).order_by("created_at")
    return [row.subject for row in rows]


def decide(client: Client, verb: str, **more: str) -> str:
    address = f"{BudgetRequest.objects.get().get_absolute_url()}decision/"
    return text_of(client.post(address, {"~do": verb, **more}, follow=True))


def test_the_projects_managers_allow_what_its_rule_locks(spring, film, ada):
    Rule.objects.create(project=spring, effect="forbid", kind="owner", value="acme")
    maker, mia, eve = working_in(spring, person("max")), person("mia"), person("eve")
    maker.post(NEW, {"sentence": "For the trailer"})
    maker.post(NEW, {"sentence": "Again"})
    assert BudgetRequest.objects.count() == 1
    assert new_lines(ada) == []
    assert new_lines(mia) == new_lines(eve) == ["max asks for Film in Spring"]
    assert "Allowed: Film in Spring" in decide(logged_in(mia), "grant")
    assert enforcement.refusal(spring, film) == ""
    rule = Rule.objects.get(effect="allow")
    assert (rule.project, rule.value, rule.made_by) == (spring, "acme/film", mia)
    assert new_lines(person("max")) == ["mia has allowed Film in Spring"]
    assert new_lines(eve) == []
    # Twice is harmless, whatever the second decision is.
    for verb in ("grant", "refuse"):
        assert "mia has already allowed this" in decide(logged_in(eve), verb)
    assert Rule.objects.count() == 2


def test_the_admins_allow_what_the_house_locks(spring, film, ada):
    Rule.objects.create(effect="only", kind="mark", value="approved", is_binding=True)
    maker = working_in(spring, person("max"))
    maker.post(NEW, {"sentence": ""})
    assert new_lines(ada) == ["max asks for Film"]
    assert new_lines(person("mia")) == []
    assert (
        logged_in(person("mia")).get(BudgetRequest.objects.get().get_absolute_url()).status_code
        == 404
    )
    assert "Refused" in decide(logged_in(ada), "refuse")
    assert enforcement.refusal(spring, film)
    maker.post(NEW, {"sentence": "Please"})
    request = BudgetRequest.objects.get(decided_at=None).get_absolute_url()
    logged_in(ada).post(f"{request}decision/", {"~do": "grant"})
    assert enforcement.refusal(spring, film) == ""
    assert Rule.objects.get(effect="allow").project is None


def test_a_wider_rule_gets_an_exception_as_well(spring, film):
    Rule.objects.create(project=spring, effect="forbid", kind="id", value="acme/film")
    Rule.objects.create(project=spring, effect="only", kind="mark", value="approved")
    editing.allow(person("mia"), spring, film)
    assert [rule.effect for rule in Rule.objects.all()] == ["only", "allow"]
    assert enforcement.refusal(spring, film) == ""


def test_an_exception_that_would_open_nothing_is_not_made(spring, film):
    Rule.objects.create(effect="forbid", kind="owner", value="acme", is_binding=True)
    with pytest.raises(Refused, match="locked by a rule of the house"):
        editing.allow(person("mia"), spring, film)
    assert Rule.objects.count() == 1


def test_managers_open_in_their_project_what_the_house_does_not_bind(spring, film):
    Rule.objects.create(effect="forbid", kind="owner", value="acme")
    assert "Ask for this model" in text_of(working_in(spring, person("max")).get(MODEL))
    manager = working_in(spring, person("mia"))
    manager.post(NEW)
    assert Rule.objects.get(effect="allow").project == spring


def test_one_answer_is_for_all_who_have_asked(spring, film):
    Rule.objects.create(project=spring, effect="forbid", kind="owner", value="acme")
    ben = person("ben")
    spring.memberships.create(user=ben, role="maker")
    for asker in (person("max"), ben):
        working_in(spring, asker).post(NEW, {"sentence": ""})
    working_in(spring, person("mia")).post(NEW)
    assert new_lines(person("max")) == new_lines(ben) == ["mia has allowed Film in Spring"]
    assert new_lines(person("mia")) == new_lines(person("eve")) == []


def test_strangers_and_those_who_look_after_money_do_not_see_it(spring, film):
    Rule.objects.create(project=spring, effect="forbid", kind="owner", value="acme")
    working_in(spring, person("max")).post(NEW, {"sentence": "Secret"})
    address = BudgetRequest.objects.get().get_absolute_url()
    accountant = person("bea")
    grant(accountant, "spending.change_budget")
    for user in (person("stranger"), accountant):
        assert logged_in(user).get(address).status_code == 404
        assert logged_in(user).post(f"{address}decision/", {"~do": "grant"}).status_code == 404
        assert "Secret" not in text_of(logged_in(user).get("/inbox/"))
