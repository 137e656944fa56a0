"""Invitations: who may accept which, what they get, and a sentence for each refusal."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.utils import timezone

from accounts import permissions, roles
from accounts.roles import Role
from core.refusals import Refused
from features.notifications import inbox
from features.notifications.models import Notification
from house import invitations, sign_up
from house.models import Invitation, Joining
from projects import current, members
from projects.models import Membership, Project
from tests.accounts.audit.audited import events
from tests.conftest import grant
from tests.house.made import invite, make_admin, run_at_once
from tests.projects.people import logged_in, make_project, person

pytestmark = pytest.mark.django_db


def in_session(invitation: Invitation, token: str) -> dict[str, Any]:
    session: dict[str, Any] = {}
    invitations.keep(session, invitation, token)
    return session


def memberships(person: User) -> dict[str, str]:
    rows = Membership.objects.filter(user=person, project__person=None)
    return dict(rows.values_list("project__name", "role"))


def test_somebody_new_gets_an_account_with_role_and_projects(eva):
    fox, elk = make_project("Fox", tom="manager"), make_project("Elk", tom="manager")
    made = invite(eva, (fox, "maker"), (elk, "viewer"), role=Role.CURATOR)
    session = in_session(*made)
    mara = sign_up.create_account(session, "mara", "mara@example.com", "lantern-otter-7")
    mara = User.objects.get(pk=mara.pk)
    assert mara.check_password("lantern-otter-7")
    assert (roles.role_of(mara), mara.is_staff) == (Role.CURATOR, True)
    assert memberships(mara) == {"Fox": "maker", "Elk": "viewer"}
    assert not session
    assert Joining.objects.get().user == mara
    assert Invitation.objects.get().uses == 1
    assert events().filter(event="joined by", actor_name="mara").exists()


def test_who_invited_is_told_that_somebody_has_joined(eva, user):
    roles.set_role(person("tom"), Role.ADMIN, eva)
    invitation, _ = invite(eva)
    invitations.join(user, invitation)
    notice = Notification.objects.get()
    assert (notice.user, notice.path) == (eva, "/people/invitations/")
    assert notice.subject == "ana has joined by your invitation"
    assert inbox.count_new(eva) == 1
    roles.set_role(eva, Role.MEMBER, person("tom"))
    assert inbox.count_new(User.objects.get(pk=eva.pk)) == 0


def test_who_has_an_account_is_told_of_an_invitation_and_takes_it(eva, user):
    fox = make_project("Fox", tom="manager")
    EmailAddress.objects.create(user=user, email="ana@example.com", verified=True)
    unproved = person("unproved")
    EmailAddress.objects.create(user=unproved, email="Ana@example.com", verified=False)
    invite(eva, (fox, "maker"), email="Ana@Example.com")
    (line,) = Notification.objects.all()
    assert (line.user, line.subject) == (user, "eva invites you to “Fox”")
    assert list(inbox.waiting(user)) == [line]
    assert logged_in(unproved).get(line.path).status_code == 404
    client = logged_in(user)
    assert "“Fox”" in client.get("/").content.decode()
    assert "Fox" in client.get(line.path).content.decode()
    client.post(f"{line.path}acceptance/")
    assert memberships(user) == {"Fox": "maker"}
    assert current.chosen(User.objects.get(pk=user.pk)) == fox
    assert not inbox.waiting(user)
    assert inbox.count_new(user) == 0
    EmailAddress.objects.filter(user=user).delete()
    assert not inbox.lines(user)


def test_the_database_has_no_token(eva):
    invitation, token = invite(eva)
    assert token not in str(Invitation.objects.values())
    assert invitations.find(token) == invitation
    assert invitations.find(token[:-1]) is None


def test_who_has_an_account_keeps_higher_roles(eva, user):
    fox, elk = make_project("Fox", ana="manager", tom="manager"), make_project("Elk", tom="manager")
    bee = make_project("Bee", ana="viewer", tom="manager")
    roles.set_role(user, Role.CURATOR, eva)
    invitation, _ = invite(eva, (fox, "viewer"), (elk, "maker"), (bee, "maker"))
    user = User.objects.get(pk=user.pk)
    assert [(g.is_new, g.label) for g in invitations.gifts(invitation, user)] == [
        (False, "Manager"),
        (True, "Maker"),
        (True, "Maker"),
    ]
    invitations.join(user, invitation)
    assert memberships(user) == {"Fox": "manager", "Elk": "maker", "Bee": "maker"}
    assert roles.role_of(User.objects.get(pk=user.pk)) == Role.CURATOR
    assert not invitations.gives_anything(invitation, user)


def test_an_invitation_raises_the_role_of_who_has_an_account(eva, user):
    invitation, _ = invite(eva, role=Role.ADMIN)
    invitations.join(user, invitation)
    assert set(roles.admins()) == {eva, user}


def used(invitation: Invitation) -> None:
    invitations.join(person("first"), invitation)


def expire(invitation: Invitation) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))


def withdrawn(invitation: Invitation) -> None:
    invitations.revoke(User.objects.get(username="eva"), invitation)


def author_demoted(invitation: Invitation) -> None:
    make_admin("tom")
    roles.set_role(User.objects.get(username="eva"), Role.MEMBER, None)


@pytest.mark.parametrize(
    ("happen", "sentence"),
    [
        (used, "has been used. Ask eva for a new one"),
        (expire, "was valid until .* Ask eva for a new one"),
        (withdrawn, "was withdrawn. Ask eva for a new one"),
        (author_demoted, "may no longer invite people. Ask tom"),
    ],
)
def test_nobody_joins_by_an_invitation_that_no_longer_holds(eva, user, happen, sentence):
    invitation, token = invite(eva)
    session = in_session(invitation, token)
    assert invitations.pending(session) == invitation
    happen(invitation)
    uses = Invitation.objects.get().uses
    with pytest.raises(Refused, match=sentence):
        invitations.join(user, invitation)
    assert invitations.pending(session) is None
    with pytest.raises(Refused, match=sentence):
        sign_up.create_account(session, "mara", "m@example.com", "lantern-otter-7")
    assert not User.objects.filter(username="mara").exists()
    assert Invitation.objects.get().uses == uses


def test_nobody_joins_twice_by_one_invitation(eva, user):
    invitation, _ = invite(eva, max_uses=None)
    invitations.join(user, invitation)
    with pytest.raises(Refused, match="already joined by this invitation"):
        invitations.join(user, invitation)
    assert Invitation.objects.get().uses == 1


def test_a_withdrawal_can_be_undone_for_a_day(eva):
    invitation, _ = invite(eva)
    invitations.revoke(eva, invitation)
    invitations.restore(eva, invitation)
    assert not invitations.refusal(Invitation.objects.get())
    Invitation.objects.update(revoked_at=timezone.now() - timedelta(days=2))
    with pytest.raises(Refused, match="for a day only"):
        invitations.restore(eva, invitation)


def test_no_account_is_made_without_an_invitation():
    with pytest.raises(Refused, match="no such invitation"):
        sign_up.create_account({}, "mara", "m@example.com", "lantern-otter-7")
    assert not User.objects.exists()


@pytest.mark.both_databases
def test_a_name_that_was_just_taken_uses_nothing_up(eva, user):
    session = in_session(*invite(eva))
    with pytest.raises(Refused, match="just taken this name"):
        sign_up.create_account(session, "ana", "other@example.com", "lantern-otter-7")
    assert Invitation.objects.get().uses == 0
    assert invitations.pending(session)


def test_only_admins_invite_admins(eva, user):
    grant(user, permissions.ADD_USER)
    person = User.objects.get(pk=user.pk)
    with pytest.raises(Refused, match="Only admins"):
        invite(person, role=Role.ADMIN)
    invitation, _ = invite(person)
    assert not invitations.refusal(invitation)


def test_who_is_no_admin_offers_the_projects_that_they_manage(eva, user):
    fox = make_project("Fox", ana="manager")
    make_project("Elk", ana="maker", tom="manager")
    make_project("Old", ana="manager")
    Project.objects.filter(name="Old").update(archived_at=timezone.now())
    grant(user, permissions.ADD_USER)
    assert list(invitations.projects_to_offer(User.objects.get(pk=user.pk))) == [fox]
    assert [project.name for project in invitations.projects_to_offer(eva)] == ["Elk", "Fox"]


def test_a_project_that_the_author_manages_no_longer_is_left_out(eva, user):
    fox = make_project("Fox", sam="manager", tom="manager")
    grant(sam := person("sam"), permissions.ADD_USER)
    invitation, _ = invite(User.objects.get(pk=sam.pk), (fox, "maker"))
    members.change_role(person("tom"), fox, sam.pk, "viewer", "")
    joined = invitations.join(user, invitation)
    assert (list(joined.projects), list(joined.left_out)) == ([], [fox])
    assert memberships(user) == {}


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_who_sign_up_with_one_address_at_once_one_is_told():
    eva = make_admin("eva")
    sessions = [in_session(*invite(eva)) for _ in range(2)]
    addresses = ("mara@example.com", "Mara@Example.com")
    names = ("mara", "mara-2")
    outcomes = run_at_once(
        *(
            partial(sign_up.create_account, session, name, address, "lantern-otter-7")
            for session, name, address in zip(sessions, names, addresses, strict=True)
        )
    )
    assert outcomes[0] == "done"
    assert "There is an account with this address. Log in" in outcomes[1]
    assert User.objects.filter(email__iexact="mara@example.com").count() == 1
    assert sum(Invitation.objects.values_list("uses", flat=True)) == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_the_last_use_at_once_one_joins():
    eva = make_admin("eva")
    invitation, _ = invite(eva, (make_project("Fox", tom="manager"), "maker"))
    ana, sam = person("ana"), person("sam")
    outcomes = run_at_once(
        lambda: invitations.join(ana, invitation), lambda: invitations.join(sam, invitation)
    )
    assert outcomes[0] == "done"
    assert "has been used" in outcomes[1]
    assert Membership.objects.filter(role="maker").count() == 1
    assert Invitation.objects.get().uses == 1
