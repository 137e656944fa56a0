"""The list of people and a person's page: who sees them, and what admins change there."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from accounts import roles
from accounts.roles import Role
from api import tokens
from projects.models import Membership
from runs.costs import daily_sums
from runs.models import Charge
from tests.accounts.audit.audited import events
from tests.conftest import grant
from tests.house.made import text_of
from tests.projects.people import logged_in, make_project

pytestmark = pytest.mark.django_db


def spend(person: User, run: Any, amount: str, day: Any) -> None:
    Charge.objects.create(
        user=person, run=run, amount=Decimal(amount), created_at=day, state="settled"
    )
    daily_sums.add_up(timezone.localdate(day))


def test_the_list_shows_role_projects_and_spending(admin, user, make_run):
    make_project("Fox", ana="manager")
    now = timezone.now()
    spend(user, make_run(), "1.50", now)
    spend(user, make_run(), "0.25", now)
    spend(user, make_run(), "40", now - timedelta(days=40))
    page = text_of(admin.get("/people/?q=an"))
    row = page.partition("ana</bdi>")[2].partition("</tr>")[0]
    assert "Member" in row
    assert ">1</td>" in row
    assert "$1.75" in row
    assert "eva</bdi>" not in page


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("", {"ana", "eva", "cas"}),
        ("?role=curator", {"cas"}),
        ("?q=LOVELACE+ada", {"ana"}),
        ("?state=former", {"sam"}),
        ("?state=nonsense&role=nonsense&page=x", {"ana", "eva", "cas"}),
        ("?q=%00", {"ana", "eva", "cas"}),
    ],
)
def test_people_are_found(admin, user, stranger, asked, names):
    User.objects.filter(pk=user.pk).update(
        first_name="Ada", last_name="Lovelace", email="ana@example.com"
    )
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    roles.set_role(User.objects.create_user("cas"), Role.CURATOR, None)
    page = admin.get(f"/people/{asked}")
    assert {entry.person.username for entry in page.context["entries"]} == names


def test_a_person_s_page_shows_every_way_in(admin, eva, user, member):
    make_project("Fox", ana="maker")
    tokens.create(user, "nightly script")
    page = text_of(admin.get(f"/people/{user.pk}/"))
    for way_in in ("nightly script", "Unknown device", "Fox"):
        assert way_in in page


def test_a_role_is_changed_and_who_was_slower_is_told(admin, user):
    address = f"/people/{user.pk}/role/"
    page = admin.post(address, {"role": "curator", "shown": "member"}, follow=True)
    assert "ana is now a curator." in text_of(page)
    page = admin.post(address, {"role": "admin", "shown": "member"}, follow=True)
    assert "Somebody else had made them a curator while this page was open." in text_of(page)
    page = admin.post(address, {"role": "king", "shown": "admin"}, follow=True)
    assert "Choose a role" in text_of(page)


def test_the_last_admin_gets_a_sentence(admin, eva):
    page = admin.post(f"/people/{eva.pk}/role/", {"role": "member"}, follow=True)
    assert "You are the only admin" in text_of(page)
    page = admin.post(f"/people/{eva.pk}/departure/", {"fate": "stays", "to": eva.pk})
    assert page.status_code == 422
    assert "You are the only admin" in text_of(page)
    assert "data-refused" in text_of(page)


def test_projects_are_added_changed_and_removed(admin, user):
    fox = make_project("Fox", tom="manager")
    base = f"/people/{user.pk}/projects/"
    for posted in ({"project": "", "role": "maker"}, {"project": "x"}, {"project": 10**16}):
        assert "Choose a project." in text_of(admin.post(base, posted, follow=True))
    admin.post(base, {"project": fox.pk, "role": "maker"})
    admin.post(f"{base}{fox.pk}/", {"role": "viewer", "shown": "maker"})
    page = admin.post(f"{base}{fox.pk}/removal/", follow=True)
    assert not Membership.objects.filter(project=fox, user=user).exists()
    (undo,) = re.findall(r'"(/undo/membership/[^"]+)"', page.content.decode())
    admin.post(undo)
    assert Membership.objects.get(project=fox, user=user).role == "viewer"


def test_nobody_is_put_into_a_private_project(admin, user, stranger):
    private = stranger.private_project
    posted = {"project": private.pk, "role": "viewer"}
    page = admin.post(f"/people/{user.pk}/projects/", posted, follow=True)
    assert "Choose a project." in text_of(page)
    assert admin.post(f"/people/{user.pk}/projects/{private.pk}/removal/").status_code == 404


def test_sessions_are_ended_one_or_all(admin, user, member):
    other = logged_in(user)
    base = f"/people/{user.pk}/sessions/deletion/"
    session = admin.get(f"/people/{user.pk}/").context["overview"].sessions[0]
    admin.post(base, {"session": session.pk})
    assert sorted([member.get("/runs/").status_code, other.get("/runs/").status_code]) == [200, 302]
    admin.post(base, {"all": "1"})
    assert {member.get("/runs/").status_code, other.get("/runs/").status_code} == {302}
    assert events().filter(event="ended sessions of", object_repr="ana").count() == 2
    assert "0 sessions ended." in text_of(admin.post(base, {"session": "x"}, follow=True))


def test_ending_all_of_ones_own_sessions_keeps_this_one(admin, eva):
    other = logged_in(eva)
    admin.post(f"/people/{eva.pk}/sessions/deletion/", {"all": "1"})
    assert admin.get("/people/").status_code == 200
    assert other.get("/people/").status_code == 302


def test_a_token_that_an_admin_revokes_is_not_restored_by_its_user(admin, user, member):
    token, _ = tokens.create(user, "script")
    admin.post(f"/account/tokens/{token.pk}/revocation/")
    undo = f"/undo/token/{token.pk}/"
    assert "eva has revoked this token." in text_of(member.post(undo, follow=True))
    token.refresh_from_db()
    assert token.revoked_at
    admin.post(undo)
    token.refresh_from_db()
    assert token.revoked_at is None


def test_who_looks_after_people_but_is_no_admin_leaves_admins_alone(eva, user, stranger):
    grant(user, "auth.change_user")
    browser = logged_in(User.objects.get(pk=user.pk))
    token, _ = tokens.create(eva, "script")
    hers = logged_in(eva)
    for address, posted in (
        (f"/people/{eva.pk}/sessions/deletion/", {"all": "1"}),
        (f"/account/tokens/{token.pk}/revocation/", {}),
        (f"/people/{eva.pk}/role/", {"role": "member"}),
    ):
        page = browser.post(address, posted, follow=True)
        assert "Only admins" in text_of(page), address
    assert hers.get("/people/").status_code == 200
    page = browser.post(f"/people/{eva.pk}/departure/", {"fate": "stays", "to": stranger.pk})
    assert page.status_code == 422
    assert 'value="removed"' not in text_of(page)
    assert browser.post(f"/people/{user.pk}/projects/", {}).status_code == 403


def test_leaving_is_chosen_on_a_page(admin, eva, user, stranger, make_run):
    make_project("Fox", ana="manager")
    make_run(state="running")
    base = f"/people/{user.pk}/departure/"
    page = text_of(admin.get(base))
    assert "They have 1 run; nobody else can see 1 run of these." in page
    for posted in ({}, {"fate": "stays"}, {"fate": "x", "to": eva.pk}, {"fate": "passes", "to": 0}):
        assert admin.post(base, posted).status_code == 422
    kept = text_of(admin.post(base, {"fate": "private", "to": user.pk}))
    assert 'value="private" checked' in kept
    done = admin.post(base, {"fate": "private", "to": stranger.pk}, follow=True)
    message = (
        "ana has left and no longer has access. sam has received 1 run. sam now manages “Fox”."
    )
    assert message in text_of(done)
    admin.post(f"/people/{user.pk}/return/")
    assert User.objects.get(pk=user.pk).is_active
