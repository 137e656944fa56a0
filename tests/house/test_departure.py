"""People who leave lose every access at once, and none of their work is lost."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client

from accounts import permissions, roles, single_use
from accounts.audit.entries import AuditEntry
from accounts.models import LoginLink
from accounts.roles import Role
from accounts.sign_in import login_links
from api import tokens
from api.fal_proxy.tickets import LiveToken
from api.models import Token
from core.refusals import Refused
from features.boards.models import Board
from house import departure, invitations
from house.departure import Fate
from projects.models import Membership, Project
from projects.models.project import private_project
from runs.models import Run, Share
from tests.accounts.audit.audited import events
from tests.conftest import grant
from tests.house.made import invite, make_admin, run_at_once
from tests.projects.people import logged_in, make_project

pytestmark = pytest.mark.django_db
EVERY = tuple(Fate)


@pytest.fixture
def fox(user: User) -> Project:
    """A project whose only manager is ana."""
    return make_project("Fox", ana="manager", ben="maker")


@pytest.mark.parametrize("fate", EVERY)
def test_every_access_ends_at_once(fate, eva, user, stranger):
    browser = logged_in(user)
    roles.set_role(user, Role.ADMIN, eva)
    _, secret = tokens.create(user, "script")
    invitation, _ = invite(User.objects.get(pk=user.pk))
    login_links.create(user)
    assert browser.get("/runs/").status_code == 200
    departure.leave(user, eva, fate, stranger)
    assert browser.get("/runs/").status_code == 302
    call = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert call.status_code == 401
    assert not Client().login(username="ana", password="pw")
    assert not LoginLink.objects.exists()
    invitation.refresh_from_db()
    assert "withdrawn" in invitations.refusal(invitation)
    assert AuditEntry.objects.filter(event="withdrew", object_pk=str(invitation.pk)).exists()


def test_nothing_of_it_comes_back_with_the_account(eva, user, fox):
    browser = logged_in(user)
    roles.set_role(user, Role.CURATOR, eva)
    tokens.create(user, "script")
    departure.leave(user, eva, Fate.STAYS, eva)
    departure.take_back(user, eva)
    user = User.objects.get(pk=user.pk)
    assert (user.is_active, roles.role_of(user), user.is_staff) == (True, Role.MEMBER, False)
    assert browser.get("/runs/").status_code == 302
    assert not Token.objects.filter(revoked_at=None).exists()
    assert not Membership.objects.filter(user=user, project__person=None).exists()
    assert logged_in(user).get("/runs/").status_code == 200


def test_live_sessions_end_with_what_opened_them(eva, user, fox):
    key = logged_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    digest = single_use.session_digest(single_use.stored_session_key(key))
    token, _ = tokens.create(user, "assistant")
    there = (user.pk, token.pk, "", "https://v.example", (), private_project(user).pk)
    by_token, by_login = LiveToken(*there), LiveToken(user.pk, None, digest, *there[3:])
    assert not by_token.is_revoked
    assert not by_login.is_revoked
    departure.leave(user, eva, Fate.STAYS, eva)
    assert by_token.is_revoked
    assert by_login.is_revoked


@pytest.mark.parametrize("fate", EVERY)
def test_a_project_that_nobody_else_manages_gets_a_manager(fate, eva, user, stranger, fox):
    make_project("Elk", ana="manager", ben="manager")
    left = departure.leave(user, eva, fate, stranger)
    assert [project.name for project in left.managed] == ["Fox"]
    assert "sam now manages “Fox”." in left.sentence("ana", "sam")
    members = Membership.objects.filter(project=fox).values_list("user__username", "role")
    assert set(members) == {("ben", "maker"), ("sam", "manager")}


def test_work_that_stays_is_that_of_a_former_member(eva, user, fox, make_run):
    shared = make_run(project=fox, state="succeeded", output={})
    private = make_run(state="succeeded", output={}, title="secret")
    running = make_run(project=fox, state="running")
    link = Share.objects.create(user=user, endpoint=shared.endpoint, arguments={}, opens_files=True)
    left = departure.leave(user, eva, Fate.STAYS, eva)
    assert not left.passed
    for run in (shared, private, running):
        run.refresh_from_db()
        assert run.user == user
    assert running.cancel_requested_at is None
    assert not Share.objects.filter(pk=link.pk).exists()
    ben = logged_in(User.objects.get(username="ben"))
    assert "by ana (former member)" in ben.get(shared.get_absolute_url()).content.decode()
    assert ben.get(private.get_absolute_url()).status_code == 404


def test_what_is_private_passes_on_alone(eva, user, stranger, fox, make_run):
    shared, private = make_run(project=fox), make_run()
    board = Board.objects.create(user=user, source=private.endpoint, form_token="t")
    left = departure.leave(user, eva, Fate.PRIVATE_PASSES, stranger)
    assert departure.in_words(left.passed) == "1 run and 1 board"
    for row in (shared, private, board):
        row.refresh_from_db()
    assert (shared.user, shared.project) == (user, fox)
    for row in (private, board):
        assert (row.user, row.project) == (stranger, private_project(stranger))
    assert not User.objects.get(pk=user.pk).is_active


@pytest.mark.both_databases
def test_everything_passes_on(eva, user, stranger, fox, make_run):
    shared, private = make_run(project=fox), make_run()
    left = departure.leave(user, eva, Fate.PASSES, stranger)
    assert "sam has received 2 runs." in left.sentence("ana", "sam")
    assert set(Run.objects.filter(user=stranger)) == {shared, private}
    shared.refresh_from_db()
    assert shared.project == fox
    assert not User.objects.get(pk=user.pk).is_active


def test_an_account_can_be_deleted_when_everything_passes_on(eva, user, stranger, make_run):
    run = make_run()
    departure.leave(user, eva, Fate.REMOVED, stranger)
    run.refresh_from_db()
    assert run.user == stranger
    assert not User.objects.filter(username="ana").exists()
    entry = events().get(event="removed")
    assert (entry.object_repr, entry.detail) == ("ana", "sam got 1 runs")


def test_the_last_admin_stays_and_nobody_ends_their_own_access(eva, user):
    with pytest.raises(Refused, match="You are the only admin"):
        departure.leave(eva, eva, Fate.STAYS, user)
    grant(user, permissions.CHANGE_USER)
    person = User.objects.get(pk=user.pk)
    with pytest.raises(Refused, match="Only admins"):
        departure.leave(eva, person, Fate.STAYS, person)
    with pytest.raises(Refused, match="your own account"):
        departure.leave(person, person, Fate.STAYS, eva)
    eva.refresh_from_db()
    assert eva.is_active


def test_changing_accounts_does_not_permit_deleting_them(eva, user, stranger):
    grant(stranger, permissions.CHANGE_USER)
    with pytest.raises(PermissionDenied):
        departure.leave(user, User.objects.get(pk=stranger.pk), Fate.REMOVED, eva)
    assert User.objects.filter(pk=user.pk, is_active=True).exists()


@pytest.mark.parametrize("to", ["oneself", "closed"])
def test_work_passes_to_somebody_else_who_is_here(eva, user, stranger, to):
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    with pytest.raises(Refused, match="somebody else"):
        departure.leave(user, eva, Fate.PASSES, user if to == "oneself" else stranger)
    assert User.objects.get(pk=user.pk).is_active


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_end_each_other_s_access_at_once_one_stays():
    eva, tom = make_admin("eva"), make_admin("tom")
    outcomes = run_at_once(
        lambda: departure.leave(eva, tom, Fate.STAYS, tom),
        lambda: departure.leave(tom, eva, Fate.STAYS, eva),
    )
    assert [outcome.partition(":")[0] for outcome in outcomes] == ["done", "refused"]
    assert roles.admins().count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_whoever_joins_while_their_host_leaves_is_in_or_out():
    eva, tom = make_admin("eva"), make_admin("tom")
    fox = make_project("Fox", tom="manager", mia="viewer")
    invitation, _ = invite(tom, (fox, "maker"), role=Role.CURATOR)
    mia = User.objects.get(username="mia")
    outcomes = run_at_once(
        lambda: departure.leave(tom, eva, Fate.STAYS, eva),
        lambda: invitations.join(mia, invitation),
    )
    has_joined = outcomes == ["done", "done"]
    role = Membership.objects.get(project=fox, user=mia).role
    assert role == ("maker" if has_joined else "viewer")
    assert Membership.objects.get(project=fox, user=eva).role == "manager"
