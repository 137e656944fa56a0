"""Applies the projects that an issuer's claim gives, at each sign-in by the issuer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from allauth.account.signals import user_logged_in
from django.db import transaction

from accounts.audit import trail
from accounts.sign_in.issuers import from_settings
from accounts.sign_in.issuers.house_role import given_by, remember
from accounts.sign_in.issuers.protocol import claims
from core.refusals import Refused
from projects.locking import locked
from projects.members import other_managers
from projects.models import Membership, Project

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialAccount, SocialLogin
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

Role = Membership.Role
ORDER = tuple(role.value for role in Role)


def connect() -> None:
    """Connect the receiver, once."""
    user_logged_in.connect(_logged_in, dispatch_uid="house.claimed_projects")


def apply(user: User, account: SocialAccount) -> None:
    """Make the user a member of the projects that the claim means, and end what it no longer gives.

    A role that people gave is only raised, and a project's last manager stays one. An unknown
    project is logged and left out.
    """
    rules = from_settings.claim_rules(account.provider)
    values = account.extra_data.get("project_values")
    if not rules.get("projects_claim") or values is None:
        return
    roles = claims.projects(values, rules["projects_by_value"], ORDER)
    former_claims = dict(given_by(account).get("projects", {}))
    now_given = {}
    for slug in sorted({*roles, *former_claims}):
        project = Project.objects.filter(slug=slug, person=None).first()
        if project is None:
            log.warning("sign-in by %s: there is no project %r", account.provider, slug)
            continue
        before = str(former_claims.get(slug, ""))
        try:
            role_given = _settle(
                user, project, roles.get(slug, ""), before, from_settings.program_of(account)
            )
        except Refused as refusal:
            log.warning("person %s stays in project %s: %s", user.pk, project.pk, refusal)
            role_given = before
        if role_given:
            now_given[slug] = role_given
    remember(account, "projects", now_given)


def _settle(user: User, project: Project, claim: str, former_claim: str, program: str) -> str:
    """Update the user's membership to the claim; returns the role that the claim gave, or ""."""
    with transaction.atomic():
        row = locked(project)
        member = Membership.objects.filter(project=row, user=user).first()
        current = member.role if member else ""
        role, now_given = claims.settle(current, claim, former_claim, ORDER)
        if role == current:
            return now_given
        if current == Role.MANAGER and not other_managers(row, user.pk).exists():
            raise Refused("A project needs a manager.")
        if not role:
            Membership.objects.filter(project=row, user=user).delete()
            action = "removed a member from"
        else:
            Membership.objects.update_or_create(project=row, user=user, defaults={"role": role})
            action = "changed a role in" if current else "added a member to"
        detail = f"{user.get_username()}: {current or 'no member'} to {role or 'no member'}"
        trail.record(None, action, [row], detail, program=program)
    return now_given


def _logged_in(user: User, sociallogin: SocialLogin | None = None, **_: Any) -> None:
    if sociallogin is not None:
        apply(user, sociallogin.account)
