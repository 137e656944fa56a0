"""Invitations: links with which people join the house, with a role and in projects.

The token is shown once; the database has its digest. An invitation is valid only while its author
may invite people. Uses are counted under the invitation's lock.
"""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from accounts import mail, permissions, roles
from accounts.audit import trail
from accounts.roles import Role
from accounts.single_use import digest
from core.db.name_order import by_name
from core.formatting import enumerated
from core.http.parameters import parse_key
from core.periods import UNDO_WITHIN
from core.refusals import Refused
from features.notifications import inbox, outbox
from house.kinds import INVITED, TAKEN
from house.models import Invitation, InvitedProject, Joining
from projects import current, members
from projects.models import Membership, Project

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

SESSION_KEY = "invitation"  # in the session: the invitation that the visitor has opened
UNKNOWN = (
    "There is no such invitation here. Check that the whole link was copied, or ask for a new one."
)
JOINED_BEFORE = "You have already joined by this invitation."


class InvitationValues(NamedTuple):
    """The values of a new invitation."""

    role: Role
    projects: Sequence[tuple[Project, str]]  # with the role in it
    email: str
    days: int
    max_uses: int | None


class Gift(NamedTuple):
    """A project that an invitation leads to, as one person sees it."""

    project: Project
    role: str
    own_role: str  # the person's present role; empty: not a member

    @property
    def is_new(self) -> bool:
        """Whether the invitation gives them more than they have."""
        return not self.own_role or members.RANKS[self.own_role] < members.RANKS[self.role]

    @property
    def label(self) -> str:
        """The label of the role that they will have."""
        return str(Membership.Role(self.role if self.is_new else self.own_role).label)


class JoinResult(NamedTuple):
    """What an invitation gave a person; `left_out` are projects that could not be given."""

    invitation: Invitation
    role: Role
    projects: Sequence[Project]
    left_out: Sequence[Project]


def projects_to_offer(by: User) -> QuerySet[Project]:
    """Return the projects for invitations by a user: those that they manage; all for admins."""
    projects = Project.objects.active().filter(person=None).order_by(by_name("name"), "pk")
    if permissions.may(by, permissions.CHANGE_PROJECT):
        return projects
    return projects.filter(memberships__user=by, memberships__role=Membership.Role.MANAGER)


def make(by: User, values: InvitationValues) -> tuple[Invitation, str]:
    """Create an invitation; returns it with its token, which cannot be read later.

    Raises Refused if `by` may not give the role. The projects must be from `projects_to_offer`.
    """
    if values.role == Role.ADMIN and not roles.admins().filter(pk=by.pk).exists():
        raise Refused(roles.NOT_AN_ADMIN.format(ask=roles.whom_to_ask()))
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            digest=digest(token),
            role=values.role,
            email=values.email,
            made_by=by,
            expires_at=timezone.now() + timedelta(days=values.days),
            max_uses=values.max_uses,
        )
        InvitedProject.objects.bulk_create(
            InvitedProject(invitation=invitation, project=project, role=role)
            for project, role in values.projects
        )
        trail.record(by, "made", [invitation], _about(invitation))
        _tell_invited(invitation)
    return invitation, token


def _tell_invited(invitation: Invitation) -> None:
    """Notify people who have an account with the address, without the link's token."""
    if not invitation.email or invitation.made_by is None:
        return
    inviter, projects = members.name_of(invitation.made_by), _names(invitation)
    people = User.objects.filter(_has_proved(invitation.email), is_active=True)
    for person in people.exclude(pk=invitation.made_by.pk).distinct():
        outbox.notify(
            person,
            INVITED,
            subject=f"{inviter} invites you to {projects or f'be a {invitation.role} here'}",
            path=reverse("people:invitation", args=[invitation.pk]),
            key=f"invited {invitation.pk}",
            about=invitation,
        )


def _tell_author(author: User, invitation: Invitation, user: User) -> None:
    if author.pk == user.pk:
        return
    outbox.notify(
        author,
        TAKEN,
        subject=f"{members.name_of(user)} has joined by your invitation",
        path=reverse("people:invitations"),
        key=f"invitation {invitation.pk} {user.pk}",
    )


def _has_proved(email: str) -> Q:
    return Q(emailaddress__email__iexact=email, emailaddress__verified=True)


def addressed_to(user: User) -> QuerySet[Invitation]:
    """Return the invitations for the user's confirmed e-mail addresses."""
    proved = user.emailaddress_set.filter(verified=True).annotate(lower=Lower("email"))
    invitations = Invitation.objects.annotate(lower=Lower("email")).exclude(email="")
    return invitations.filter(lower__in=proved.values("lower"))


def waiting_for(user: User) -> QuerySet[Invitation]:
    """Return the invitations of `addressed_to` by which the user may still join."""
    open_ones = Q(max_uses=None) | Q(uses__lt=F("max_uses"))
    open_ones &= Q(revoked_at=None, expires_at__gt=timezone.now())
    return addressed_to(user).filter(open_ones).exclude(joinings__user=user)


def send(invitation: Invitation, link: str) -> bool:
    """Queue a mail with the link to the invitation's address; return False if that is impossible.

    Nobody else sees a mailed link, so whoever opens it reads the mail of that address.
    """
    if not invitation.email or not mail.sends_links():
        return False
    text = MAIL.format(
        who=members.name_of(invitation.made_by) if invitation.made_by else "Somebody",
        to_what=_to_what(invitation),
        link=link,
        until=f"{invitation.expires_at:%d %B %Y, %H:%M} UTC",
    )
    invitation.sent_at = timezone.now()
    with transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(sent_at=invitation.sent_at)
        mail.queue(invitation.email, "You are invited to Vitrine", text)
    return True


MAIL = """\
Hello,

{who} invites you to Vitrine{to_what}. Join here:

{link}

The link is valid until {until}. If you do not know what this is about, ignore this mail.
"""


def find(token: str, user: User | AnonymousUser | None = None) -> Invitation | None:
    """Return the invitation of a token; a user to whom it is addressed may use its key instead."""
    rows = Invitation.objects.select_related("made_by").prefetch_related("projects__project")
    if user is not None and user.is_authenticated and (key := parse_key(token)):
        return rows.filter(pk__in=addressed_to(user).values("pk")).filter(pk=key).first()
    return rows.filter(digest=digest(token)).first()


def refusal(invitation: Invitation) -> str:
    """Return why nobody may join by the invitation, and whom to ask; empty if it is open."""
    author = invitation.made_by
    if author is None or not author.is_active:
        ask = roles.whom_to_ask()
    else:
        ask = f"Ask {members.name_of(author)}"
    if invitation.revoked_at is not None:
        return f"This invitation was withdrawn. {ask} for a new one."
    if invitation.is_used_up:
        return f"This invitation has been used. {ask} for a new one."
    if invitation.is_expired:
        until = f"{invitation.expires_at:%d %B %Y, %H:%M} UTC"
        return f"This invitation was valid until {until}. {ask} for a new one."
    may_invite = author is not None and permissions.may(author, permissions.ADD_USER)
    if may_invite and invitation.role == Role.ADMIN:
        may_invite = author is not None and roles.admins().filter(pk=author.pk).exists()
    if not may_invite:
        return (
            "The person who made this invitation may no longer invite people. "
            f"{roles.whom_to_ask()}."
        )
    return ""


def gifts(invitation: Invitation, user: User | AnonymousUser) -> list[Gift]:
    """Return the projects that the invitation leads to, with the user's role in each."""
    invited = invitation.projects.all()
    keys = [i.project_id for i in invited]
    own = Membership.objects.filter(user_id=user.pk or 0, project__in=keys)
    roles_there = dict(own.values_list("project_id", "role"))
    return [Gift(i.project, i.role, roles_there.get(i.project_id, "")) for i in invited]


def has_joined(invitation: Invitation, user: User | AnonymousUser) -> bool:
    """Return whether the user has joined by the invitation."""
    return Joining.objects.filter(invitation=invitation, user_id=user.pk or 0).exists()


def gives_anything(invitation: Invitation, user: User) -> bool:
    """Return whether the invitation gives the user a higher role or another project."""
    is_higher = roles.RANKS[Role(invitation.role)] > roles.RANKS[roles.role_of(user)]
    return is_higher or any(gift.is_new for gift in gifts(invitation, user))


def keep(session: MutableMapping[str, Any], invitation: Invitation, token: str) -> None:
    """Store the opened invitation in the session, until the visitor has an account."""
    session[SESSION_KEY] = {"id": invitation.pk, "token": token}


def pending(session: MutableMapping[str, Any]) -> Invitation | None:
    """Return the session's invitation if people may still join by it, else None."""
    session_entry = session.get(SESSION_KEY) or {}
    invitation = find(str(session_entry.get("token", "")))
    if invitation is None or invitation.pk != session_entry.get("id") or refusal(invitation):
        return None
    return invitation


def accept(user: User, session: MutableMapping[str, Any]) -> JoinResult | None:
    """Let the user join by the session's invitation, after any kind of sign-up or sign-in.

    Returns None if the session has none. Raises Refused; nothing has changed then.
    """
    session_entry = session.get(SESSION_KEY)
    if session_entry is None:
        return None
    invitation = find(str(session_entry.get("token", "")))
    if invitation is None:
        raise Refused(UNKNOWN)
    joined = join(user, invitation)
    session.pop(SESSION_KEY, None)
    return joined


def join(user: User, invitation: Invitation) -> JoinResult:
    """Let the user join; no role is lowered, in the house or in a project. Raises Refused.

    The user then works in the first project of the invitation: otherwise the first results would
    be private. If two people take the last use at once, only one gets it.
    """
    with transaction.atomic():
        if invitation.role != Role.MEMBER:
            roles.lock()  # before the invitation, in the same order as `departure.leave`
        rows = Invitation.objects.select_for_update(no_key=True, of=("self",))
        row = rows.select_related("made_by").filter(pk=invitation.pk).first()
        if row is None:
            raise Refused(UNKNOWN)
        if has_joined(row, user):
            raise Refused(JOINED_BEFORE)
        if sentence := refusal(row):
            raise Refused(sentence)
        author: Any = row.made_by  # not None, or `refusal` would have refused
        Joining.objects.create(invitation=row, user=user)
        inbox.see(user, row)
        Invitation.objects.filter(pk=row.pk).update(uses=F("uses") + 1)
        role = Role(row.role)
        if roles.RANKS[role] > roles.RANKS[roles.role_of(user)]:
            roles.set_role(user, role, author)
        left_out = [i.project for i in row.projects.all() if not _include(author, i, user)]
        _tell_author(author, row, user)
        trail.record(user, "joined by", [row], _about(row))
    projects = [i.project for i in row.projects.all() if i.project not in left_out]
    if projects:
        current.choose(user, projects[0])
    return JoinResult(row, role, projects, left_out)


def revoke(by: User, invitation: Invitation) -> None:
    """Withdraw an invitation at once; people who joined stay. `restore` undoes it for a day."""
    with transaction.atomic():
        open_one = Invitation.objects.filter(pk=invitation.pk, revoked_at=None)
        if open_one.update(revoked_at=timezone.now()):
            trail.record(by, "withdrew", [invitation], _about(invitation))


def revoke_all_of(person: User, by: User) -> None:
    """Withdraw the invitations of a person who leaves, in the caller's transaction."""
    rows = list(Invitation.objects.filter(made_by=person, revoked_at=None))
    Invitation.objects.filter(pk__in=[row.pk for row in rows]).update(revoked_at=timezone.now())
    trail.record(by, "withdrew", rows, f"{person.get_username()} leaves")


def restore(by: User, invitation: Invitation) -> None:
    """Undo a withdrawal; raises Refused if it is too late."""
    with transaction.atomic():
        since = timezone.now() - UNDO_WITHIN
        withdrawn = Invitation.objects.filter(pk=invitation.pk, revoked_at__gt=since)
        if withdrawn.update(revoked_at=None):
            trail.record(by, "brought back", [invitation], _about(invitation))
        elif Invitation.objects.filter(pk=invitation.pk, revoked_at__isnull=False).exists():
            raise Refused("This can be undone for a day only. Make a new invitation instead.")


def _include(by: User, invited: InvitedProject, user: User) -> bool:
    """Add the user to a project; return False if `by` may not do that any more."""
    try:
        members.include(by, invited.project, user, invited.role)
    except (Refused, PermissionDenied):
        return False
    return True


def _to_what(invitation: Invitation) -> str:
    names = _names(invitation)
    return f", and to {names}" if names else ""


def _names(invitation: Invitation) -> str:
    return enumerated([f"“{invited.project}”" for invited in invitation.projects.all()])


def _about(invitation: Invitation) -> str:
    project_rows = invitation.projects.select_related("project")
    projects = "".join(f", {i.project.slug}: {i.role}" for i in project_rows)
    uses = f"{invitation.max_uses} at most" if invitation.max_uses else "any number"
    return f"{invitation.role}{projects}, {uses}, until {invitation.expires_at:%Y-%m-%d}"
