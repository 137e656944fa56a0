"""Applies the role in the house that an issuer's claim gives, at each sign-in by the issuer."""

from __future__ import annotations

import logging
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.db import transaction

from accounts import roles
from accounts.roles import Role
from accounts.sign_in.issuers import from_settings
from accounts.sign_in.issuers.protocol import claims
from core.refusals import Refused

log = logging.getLogger("accounts.sign_in")

ORDER = tuple(role.value for role in Role)


def apply(user: User, account: SocialAccount) -> None:
    """Give the user the role that the claim means, if the settings name a claim.

    A role that people gave is only raised, and the last admin stays one. Nothing changes while the
    claim's values are unknown (`claims.values`).
    """
    rules = from_settings.claim_rules(account.provider)
    values = account.extra_data.get("role_values")
    if not rules.get("role_claim") or values is None:
        return
    former_claim = given_by(account).get("role", "")
    claimed_role = claims.best(values, rules["role_by_value"], ORDER)
    with transaction.atomic():
        current = roles.role_of(user).value
        role, now_given = claims.settle(current, claimed_role, former_claim, ORDER)
        if (role or Role.MEMBER) != current:
            try:
                roles.set_role(
                    user, Role(role or Role.MEMBER), None, from_settings.program_of(account)
                )
            except Refused as refusal:
                log.warning("the role of person %s stays: %s", user.pk, type(refusal).__name__)
                return
        remember(account, "role", now_given)


def given_by(account: SocialAccount) -> dict[str, Any]:
    """Return what an issuer's claims gave last: `role`, and `projects` with roles."""
    stored_claims = account.extra_data.get("given")
    return stored_claims if isinstance(stored_claims, dict) else {}


def remember(account: SocialAccount, kind: str, claim: Any) -> None:
    """Store what the claims gave, to compare it with the next sign-in."""
    account.extra_data["given"] = {**given_by(account), kind: claim}
    SocialAccount.objects.filter(pk=account.pk).update(extra_data=account.extra_data)
