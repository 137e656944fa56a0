"""The members of a shared project: managers and admins add and remove people and give them roles.

A shared project always has a manager whose account is active: the last one cannot leave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils.dateparse import parse_datetime

from accounts import permissions
from accounts.audit import trail
from core.db.name_order import by_name, sort_key
from core.http.parameters import parse_key
from core.periods import UNDO_WITHIN
from core.refusals import Refused
from projects.locking import locked, locked_for
from projects.models import Membership, Project

if TYPE_CHECKING:
    from datetime import datetime

Role = Membership.Role
added = Signal()  # somebody added a member: `by`, `member`
_SALT = "projects.members.removed"
LAST_MANAGER = (
    "{who} the only manager, and a project needs one. "
    "Make somebody else a manager first, or archive the project."
)
RANKS = {role.value: rank for rank, role in enumerate(Role)}


class RemovedMember(NamedTuple):
    """A membership that a manager has ended, with all that is needed to restore it."""

    project_id: int
    user_id: int
    role: str
    joined_at: str

    def token(self) -> str:
        """Return the signed token that the page's Undo posts; it is valid for a day."""
        return signing.dumps(list(self), salt=_SALT)


def list_members(project: Project) -> list[Membership]:
    """Return the members with their accounts: managers, makers, viewers, each by name."""
    order = {Role.MANAGER.value: 0, Role.MAKER.value: 1}
    members = Membership.objects.filter(project=project).select_related("user")
    return sorted(members, key=lambda m: (order.get(m.role, 2), sort_key(name_of(m.user))))


def candidates(project: Project) -> QuerySet[User]:
    """Return the active accounts that are not members, by name."""
    members = Membership.objects.filter(project=project)
    people = User.objects.filter(is_active=True).exclude(pk__in=members.values("user"))
    return people.order_by(by_name("username"), "pk")


def name_of(person: User) -> str:
    """Return a person's full name with the user name, or the user name alone."""
    full, account = person.get_full_name(), person.get_username()
    return f"{full} ({account})" if full and full != account else account


def add(by: User, project: Project, user_id: int, role: str) -> Membership:
    """Make a user with an active account a member; raises Refused, PermissionDenied."""
    with transaction.atomic():
        _require_shared(_locked_for(by, project))
        role = _known(role)
        person = User.objects.filter(pk=user_id, is_active=True).first()
        if person is None:
            raise Refused("There is no active account of that name any more.")
        member = _insert(by, project, person, role, "added a member to")
        added.send(Membership, by=by, member=member)
        return member


def include(by: User, project: Project, person: User, role: str) -> bool:
    """Make a person who accepts it a member with at least this role; returns whether that changed.

    A role is never lowered. Raises Refused, PermissionDenied.
    """
    with transaction.atomic():
        _require_shared(_locked_for(by, project))
        role = _known(role)
        member, is_new = Membership.objects.get_or_create(
            project=project, user=person, defaults={"role": role}
        )
        if is_new:
            trail.record(by, "added a member to", [project], _entry(member))
        elif RANKS[member.role] < RANKS[role]:
            Membership.objects.filter(pk=member.pk).update(role=role)
            change = f"{person.get_username()}: {member.role} to {role}"
            trail.record(by, "changed a role in", [project], change)
        else:
            return False
    return True


def change_role(by: User, project: Project, user_id: int, role: str, shown_role: str) -> str:
    """Give a member another role; returns a sentence about what happened, for `by`.

    `shown_role` is the role that the page showed. The last change wins; the sentence mentions a
    change that somebody else made meanwhile. Raises Refused, PermissionDenied.
    """
    with transaction.atomic():
        _require_shared(_locked_for(by, project))
        role, member = _known(role), _member(project, user_id)
        before, member_name = member.role, name_of(member.user)
        if role != before:
            if role != Role.MANAGER:
                _require_another_manager(project, member, by)
            Membership.objects.filter(pk=member.pk).update(role=role)
            change = f"{member.user.get_username()}: {before} to {role}"
            roles = {f"role of {member.user.get_username()}": (before, role)}
            trail.record(by, "changed a role in", [project], change, changes={project.pk: roles})
    now = f"{member_name} is now a {Role(role).label.lower()}."
    if shown_role and shown_role != before:
        former_role = Role(before).label.lower()
        return f"{now} Somebody else had made them a {former_role} while this page was open."
    return now


def remove(by: User, project: Project, user_id: int) -> RemovedMember:
    """End a person's membership; their work stays. Raises Refused, PermissionDenied."""
    with transaction.atomic():
        _require_shared(_locked_for(by, project))
        member = _member(project, user_id)
        _require_another_manager(project, member, by)
        member.delete()
        trail.record(by, "removed a member from", [project], _entry(member))
    return RemovedMember(project.pk, user_id, member.role, member.joined_at.isoformat())


def leave(person: User, project: Project) -> None:
    """End the person's own membership; raises Refused for the last manager."""
    with transaction.atomic():
        _require_shared(locked(project))
        member = _member(project, person.pk)
        _require_another_manager(project, member, person)
        member.delete()
        trail.record(person, "left", [project], member.role)


def removal_of(token: str) -> RemovedMember:
    """Return the removal that a token names; raises Refused if it is invalid or too old."""
    try:
        return RemovedMember(*signing.loads(token, salt=_SALT, max_age=UNDO_WITHIN))
    except (signing.BadSignature, TypeError):
        raise Refused("This can be undone for a day only. Add the person again instead.") from None


def restore(by: User, removed: RemovedMember) -> Membership:
    """Undo a removal: the same role, since the same day. Raises Refused, PermissionDenied."""
    with transaction.atomic():
        project = _locked_for(by, Project(pk=removed.project_id))
        person = User.objects.filter(pk=removed.user_id).first()
        if person is None or not person.is_active:
            person_name = name_of(person) if person else "This person"
            raise Refused(f"{person_name} has left: their account is closed.")
        member = _insert(by, project, person, _known(removed.role), "brought a member back to")
        since: datetime | None = parse_datetime(removed.joined_at)
        Membership.objects.filter(pk=member.pk).update(joined_at=since or member.joined_at)
    return member


def pass_on(person: User, to: User, by: User | None) -> None:
    """Make `to` a manager of the projects that would have none without `person`."""
    with transaction.atomic():
        managed = Project.objects.filter(
            person=None, memberships__user=person, memberships__role=Role.MANAGER
        )
        for project in managed.order_by("pk"):
            if not other_managers(locked(project), person.pk).exists():
                Membership.objects.update_or_create(
                    project=project, user=to, defaults={"role": Role.MANAGER}
                )
                detail = f"{to.get_username()} as manager, for {person.get_username()}"
                trail.record(by, "added a member to", [project], detail)


def end_all(person: User, by: User | None) -> list[Project]:
    """End a person's memberships of shared projects; returns the projects. Their work stays.

    Each project must have another manager (`pass_on`).
    """
    with transaction.atomic():
        memberships = Membership.objects.filter(user=person, project__person=None)
        projects = [member.project for member in memberships.select_related("project")]
        trail.record(by, "removed a member from", projects, person.get_username())
        memberships.delete()
    return projects


def _insert(by: User, project: Project, person: User, role: str, action: str) -> Membership:
    member, is_new = Membership.objects.get_or_create(
        project=project, user=person, defaults={"role": role}
    )
    if not is_new:
        raise Refused(f"{name_of(person)} is a member already: {Role(member.role).label.lower()}.")
    trail.record(by, action, [project], _entry(member))
    return member


def _member(project: Project, user_id: int) -> Membership:
    user_id = parse_key(str(user_id)) or 0  # a number in a URL can be too large for a key
    members = Membership.objects.filter(project=project, user_id=user_id).select_related("user")
    member = members.first()
    if member is None:
        raise Refused("That person is no longer a member. Add them again if they should be one.")
    return member


def _require_shared(project: Project) -> None:
    if project.is_private:
        raise Refused("A private project is yours alone. Make a shared one to work together.")


def _require_another_manager(project: Project, member: Membership, by: User) -> None:
    if member.role == Role.MANAGER and not other_managers(project, member.user_id).exists():
        subject = "You are" if member.user_id == by.pk else f"{name_of(member.user)} is"
        raise Refused(LAST_MANAGER.format(who=subject))


def _locked_for(by: User, project: Project) -> Project:
    """Return the locked row; PermissionDenied unless `by` manages it or may change any project."""
    if permissions.may(by, permissions.CHANGE_PROJECT):
        return locked(project)
    return locked_for(by, project)


def other_managers(project: Project, user_id: int) -> QuerySet[Membership]:
    """Return the memberships of the project's other managers with an active account."""
    managers = Membership.objects.filter(project=project, role=Role.MANAGER, user__is_active=True)
    return managers.exclude(user_id=user_id)


def _known(role: str) -> str:
    if role not in Role.values:
        raise Refused("Choose a role: viewer, maker or manager.")
    return role


def _entry(member: Membership) -> str:
    return f"{member.user.get_username()}, {member.role}"
