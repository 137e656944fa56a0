"""The pages of rules: who sees and changes them, previews, errors, undo."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role, set_role
from catalog.models import Mark
from core.periods import UNDO_WITHIN
from projects.models import Rule
from projects.rules import editing
from projects.rules.editing import Terms
from tests.accounts.audit.audited import events
from tests.conftest import grant
from tests.projects.people import logged_in, make_project, person

pytestmark = pytest.mark.django_db
HOUSE = "/people/rules/"


@pytest.fixture
def models(make_endpoint: Any) -> None:
    """Three models of two owners."""
    make_endpoint("acme/paint", license_type="commercial", mark=Mark.APPROVED)
    make_endpoint("acme/film", category="text-to-video")
    make_endpoint("bolt/song", category="text-to-audio")


@pytest.fixture
def project(models: None) -> Any:
    return make_project("Spring", mia="manager", max="maker")


def form(**values: str) -> dict[str, str]:
    return {"effect": "forbid", "kind": "owner", "value": "acme", "~do": "add"} | values


def address(project: Any) -> str:
    return reverse("projects:project-rules", args=[project.key])


def removal_of(rule: Rule) -> str:
    return reverse("projects:rule-removal", args=[rule.pk])


def admin() -> Client:
    eva = person("eva")
    grant(eva, "projects.change_house_rules")
    return logged_in(eva)


def test_a_manager_adds_a_rule_and_members_see_it(project):
    client = logged_in(person("mia"))
    response = client.post(address(project), form(reason="Not licensed"))
    assert response.status_code == 302
    page = logged_in(person("max")).get(address(project)).content.decode()
    assert "Forbid models of acme" in page
    assert "Not licensed" in page
    assert "Locks 2 models here" in page
    assert "2 of 3 models are locked here." in page
    entry = events().last()
    assert entry is not None
    assert (entry.event, entry.object_repr) == ("added a rule to", "Spring")
    assert entry.detail == "Forbid models of acme: Not licensed"


def test_a_manager_lets_only_approved_models_run_with_exceptions(project):
    client, page = logged_in(person("mia")), address(project)
    before = client.get(page).content.decode()
    assert 'aria-checked="false"' in before
    only = {"effect": "only", "kind": "mark", "value": "approved"}
    client.post(page, form(**only))
    client.post(page, form(effect="allow", kind="id", value="acme/film"))
    client.get(page)  # which has the messages of the posts
    after = client.get(page).content.decode()
    assert 'aria-checked="true"' in after
    assert "1 of 3 models are locked here." in after
    switch = Rule.objects.get(**{name: only[name] for name in only})
    client.post(removal_of(switch))
    assert 'aria-checked="false"' in client.get(page).content.decode()


def test_the_preview_says_how_many_models_and_adds_nothing(project):
    client = logged_in(person("mia"))
    response = client.post(address(project), form(**{"~do": "preview"}))
    assert response.status_code == 200
    assert b"This rule locks 2 of 3 models." in response.content
    assert b'value="acme"' in response.content
    assert not Rule.objects.exists()


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"value": ""}, "Write a maker"),
        ({"value": "acmee"}, "Did you mean acme?"),
        ({"kind": "mark", "value": "lovely"}, "There is no mark “lovely”."),
        ({"kind": "question", "value": "price:cheap"}, "is not a question that a rule can ask"),
        ({"kind": "id", "value": "acme/pant"}, "No model here has the id “acme/pant”."),
        ({"kind": "category", "value": "text to video"}, ""),
        ({"kind": "mark", "value": "blocked"}, "Blocked models run nowhere"),
        ({"kind": "question", "value": "license:commercial"}, ""),
        ({"kind": "question", "value": "a red cat"}, "is only text to search for"),
        ({"kind": "question", "value": "license:commercial price:cheap"}, "price:cheap"),
        ({"kind": "question", "value": "is:favourite"}, "Each person stars other models"),
        ({"kind": "id", "value": "*"}, "This would lock all 3 models"),
        ({"effect": "only", "kind": "id", "value": "nobody/*"}, "This would lock all 3 models"),
        ({"kind": "question", "value": "\x00"}, "Null characters are not allowed."),
    ],
)
def test_bad_input_is_said_beside_the_field_and_kept(project, posted, sentence):
    response = logged_in(person("mia")).post(address(project), form(reason="kept", **posted))
    page = response.content.decode()
    assert response.status_code == (422 if sentence else 302)
    if sentence:
        assert sentence in re.sub(r"&#x27;|&quot;", "'", page)
        assert 'value="kept"' in page
        assert Rule.objects.count() == 0


def test_a_removed_rule_can_be_brought_back(project):
    client = logged_in(person("mia"))
    client.post(address(project), form(reason="Not licensed"))
    rule = Rule.objects.get()
    removal, undo = removal_of(rule), f"/undo/rule/{rule.pk}/"
    page = client.post(removal, follow=True)
    assert not Rule.objects.exists()
    assert "The rule is removed." in page.content.decode()
    assert undo in page.content.decode()
    assert client.post(undo).status_code == 302
    assert Rule.objects.get().reason == "Not licensed"


def test_who_may_not_change_a_list_brings_nothing_back_to_it(project):
    logged_in(person("mia")).post(address(project), form())
    admin().post(HOUSE, form())
    for rule in Rule.objects.all():
        rule.remove()
        word = 404 if rule.project else 403
        assert logged_in(person("zoe")).post(f"/undo/rule/{rule.pk}/").status_code == word
        assert logged_in(person("max")).post(f"/undo/rule/{rule.pk}/").status_code == 403
        assert logged_in(person("zoe")).post(removal_of(rule)).status_code == word
    assert not Rule.objects.exists()


def test_only_managers_change_a_projects_rules(project):
    response = logged_in(person("max")).post(address(project), form())
    assert response.status_code == 403
    assert b"data-refused" in response.content
    assert "Ask mia" in response.content.decode()
    assert logged_in(person("zoe")).get(address(project)).status_code == 404


def test_a_private_project_has_no_rules_of_its_own(project):
    client = logged_in(person("max"))
    assert client.post("/projects/private/rules/", form()).status_code == 403


def test_the_house_has_a_page_for_who_may_change_its_rules(project):
    client = admin()
    assert client.post(HOUSE, form(is_binding="1", reason="Law")).status_code == 302
    rule = Rule.objects.get()
    assert (rule.project, rule.is_binding) == (None, True)
    last = events().last()
    assert last is not None
    assert last.detail == "the house: Forbid models of acme, binding: Law"
    html = logged_in(person("max")).get(address(project)).content.decode()
    assert "Forbid models of acme" in html
    admin().post(removal_of(rule))
    removal = events().last()
    assert removal is not None
    assert (removal.event, removal.kind) == ("removed a rule from", "projects.rule")
    assert removal.object_pk == str(rule.pk)


def test_a_project_rule_never_binds(project):
    logged_in(person("mia")).post(address(project), form(is_binding="1"))
    assert Rule.objects.get().is_binding is False


def test_there_are_so_many_rules_at_most(project, monkeypatch):
    monkeypatch.setattr(editing, "MOST", 1)
    client = logged_in(person("mia"))
    client.post(address(project), form())
    page = client.post(address(project), form(value="bolt", effect="allow"), follow=True)
    assert "rules already" in page.content.decode()
    assert Rule.objects.count() == 1


def test_the_preview_of_an_exception_says_what_it_opens(project):
    editing.add(_admin_user(), None, Terms("forbid", "owner", "acme"))
    client = logged_in(person("mia"))
    posted = form(effect="allow", kind="id", value="acme/film", **{"~do": "preview"})
    response = client.post(address(project), posted)
    assert b"This rule opens 1 of 3 models; 1 stay locked." in response.content


def _admin_user() -> User:
    eva = person("eva")
    grant(eva, "projects.change_house_rules")
    return User.objects.get(pk=eva.pk)


def test_a_removal_of_long_ago_stays(project):
    client = admin()
    client.post(HOUSE, form())
    Rule.objects.update(deleted_at=timezone.now() - UNDO_WITHIN)
    page = client.post(f"/undo/rule/{Rule.with_deleted.get().pk}/", follow=True)
    assert "deleted too long ago" in page.content.decode()
    assert not Rule.objects.exists()


def test_an_admin_of_the_house_changes_its_rules_and_a_curator_does_not(project):
    for role, status in ((Role.ADMIN, 200), (Role.CURATOR, 403), (Role.MEMBER, 403)):
        somebody = person(f"of-{role}")
        set_role(somebody, role, None)
        client = logged_in(User.objects.get(pk=somebody.pk))
        assert client.get(HOUSE).status_code == status
        if role == Role.ADMIN:
            # the admin's first page
            assert "Administration" in client.get("/models/").content.decode()
