"""The roles of the house: member, curator, admin. Each is a Django group of that name.

Operators can therefore give a role permissions, or take them away, in `/admin/`. Permissions for
other people's objects need `is_staff` as well (`permissions.py`): curators and admins are staff.
Staff who are superusers count as admins, other staff at least as curators.

There is always an active admin: the last one cannot be removed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group, User
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.signals import post_save

from accounts.audit import trail
from core.refusals import Refused

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Role(models.TextChoices):
    """Each role includes the permissions of those before it; its value is the group's name."""

    MEMBER = "member", "Member"
    CURATOR = "curator", "Curator"
    ADMIN = "admin", "Admin"


# What each role does, as pages describe it.
MEANINGS = {
    Role.MEMBER: "works in projects, and creates shared ones",
    Role.CURATOR: "marks models, and maintains collections and the presets that fill new forms",
    Role.ADMIN: "looks after people, projects, keys and money",
}
RANKS = {role: rank for rank, role in enumerate(Role)}
LAST_ADMIN = (
    "{who} the only admin, and somebody has to look after Vitrine. "
    "Make somebody else an admin first."
)
NOT_AN_ADMIN = "Only admins can make somebody an admin or change an admin's account. {ask}."


def role_of(person: User) -> Role:
    """Return a person's role; one query, or none if their groups were prefetched."""
    return role_in(person, {group.name for group in person.groups.all()})


def role_in(person: User, groups: Collection[str]) -> Role:
    """Return the role of a person who is in the groups of these names."""
    if person.is_staff and (person.is_superuser or Role.ADMIN in groups):
        return Role.ADMIN
    return Role.CURATOR if person.is_staff or Role.CURATOR in groups else Role.MEMBER


def having(role: Role) -> Q:
    """Return the query condition that a person has the role."""
    is_admin = Q(is_staff=True) & (Q(is_superuser=True) | Q(_is_in(Role.ADMIN)))
    is_curator = Q(is_staff=True) | Q(_is_in(Role.CURATOR))
    if role == Role.ADMIN:
        return is_admin
    return is_curator & ~is_admin if role == Role.CURATOR else ~is_curator & ~is_admin


def admins() -> QuerySet[User]:
    """Return the admins whose account is active."""
    return User.objects.filter(having(Role.ADMIN), is_active=True)


def whom_to_ask() -> str:
    """Return "Ask Ada or Ben", with the names of admins."""
    return ask_one_of(admins().order_by("username"))


def ask_one_of(people: QuerySet[User]) -> str:
    """Return "Ask Ada or Ben", with the first few of these people's names; one query."""
    names = list(people.values_list("username", flat=True)[:3])
    return f"Ask {' or '.join(names)}" if names else "Ask an admin of Vitrine"


def set_role(person: User, role: Role, by: User | None, program: str = "") -> Role:
    """Give a person a role; returns their former role. `by` is None for a `program`.

    Raises Refused for the last admin, and if `by` is no admin (any more) but makes or unmakes one.
    Changes run one at a time, each decided by the locked rows.
    """
    with transaction.atomic():
        lock()
        row = _locked(person)
        before = role_of(row)
        if by is not None and Role.ADMIN in {before, role}:
            require_admin(by)
        if role != Role.ADMIN:
            require_another_admin(row, by)
        groups = set(row.groups.filter(name__in=Role.values).values_list("name", flat=True))
        if before != role or groups != {role.value}:
            _give(row, role)
            change = f"{before} to {role}"
            trail.record(by, "changed the role of", [row], change, program=program)
    return before


def lock() -> None:
    """Lock the roles until the transaction ends, so that only one at a time reduces the admins."""
    group_of(Role.ADMIN)  # exists from now on, so there is a row to lock
    list(Group.objects.select_for_update(no_key=True).filter(name=Role.ADMIN).values_list("pk"))


def require_another_admin(person: User, by: User | None = None) -> None:
    """Raise Refused if the person, whose account or role is about to end, is the last admin.

    Call it in a transaction that holds `lock`.
    """
    if admins().filter(pk=person.pk).exists() and not admins().exclude(pk=person.pk).exists():
        is_oneself = by is not None and by.pk == person.pk
        subject = "You are" if is_oneself else f"{person.get_username()} is"
        raise Refused(LAST_ADMIN.format(who=subject))


def require_admin(person: User) -> None:
    """Raise Refused, saying whom to ask, unless the person is an admin in the database now."""
    if not admins().filter(pk=person.pk).exists():
        raise Refused(NOT_AN_ADMIN.format(ask=whom_to_ask()))


def require_may_act_on(person: User, by: User) -> None:
    """Raise Refused if the person is an admin and `by` is not: nobody outranks an admin."""
    if admins().filter(pk=person.pk).exists():
        require_admin(by)


def group_of(role: Role) -> Group:
    """Return a role's group; creates it if an operator has deleted it."""
    group, _ = Group.objects.get_or_create(name=role.value)
    return group


def connect() -> None:
    """Connect the receiver that puts new accounts into the group of their role; once."""
    post_save.connect(_made, sender=User, dispatch_uid="accounts.new_account")


def _made(instance: User, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw:  # raw: from a fixture, which contains the groups
        role = Role.ADMIN if instance.is_superuser else Role.MEMBER
        instance.groups.add(group_of(role))


def _locked(person: User) -> User:
    row = User.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
    if row is None:
        raise Refused("This account no longer exists: somebody has just removed it.")
    return row


def _give(person: User, role: Role) -> None:
    person.groups.remove(*Group.objects.filter(name__in=set(Role.values) - {role.value}))
    person.groups.add(group_of(role))
    is_staff = role != Role.MEMBER
    is_superuser = person.is_superuser and role == Role.ADMIN
    User.objects.filter(pk=person.pk).update(is_staff=is_staff, is_superuser=is_superuser)


def _is_in(role: Role) -> Exists:
    memberships = User.groups.through.objects.filter(user=OuterRef("pk"), group__name=role.value)
    return Exists(memberships)
