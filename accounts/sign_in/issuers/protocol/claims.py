"""Reads what an issuer says about a person from its claims; pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from accounts.sign_in.issuers.protocol.failures import IssuerFailure, Reason
from fal.db_safe import db_safe_text

MAX_SUBJECT_LENGTH = 191  # allauth's column; OpenID Connect allows 255
MAX_VALUES = 1000
TEXT_LENGTH = 254
Values = Sequence[str] | None  # None: unknown
Given = dict[str, str]  # slug of a project → role


class Identity(NamedTuple):
    """A person at an issuer. The e-mail address counts only if the issuer has verified it."""

    subject: str
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    email: str = ""
    is_verified: bool = False
    role_values: Values = ()
    project_values: Values = ()


def read(claims: dict[str, Any], rules: dict[str, Any]) -> Identity:
    """Return the person that an issuer's claims describe; raises IssuerFailure without a subject.

    `rules` names the claims that give a role and projects (`configured.claim_rules`).
    """
    return Identity(
        subject=subject(claims.get("sub")),
        name=_text(claims.get("name")),
        first_name=_text(claims.get("given_name")),
        last_name=_text(claims.get("family_name")),
        username=_text(claims.get("preferred_username")),
        email=_text(claims.get("email")),
        is_verified=_is_true(claims.get("email_verified")),
        role_values=values(claims, rules.get("role_claim", "")),
        project_values=values(claims, rules.get("projects_claim", "")),
    )


def _is_true(value: Any) -> bool:
    """Return True for `true`, or for "true", which some issuers send; 1 does not count."""
    return value is True or value == "true"


def subject(value: Any) -> str:
    """Return the subject as accounts store it; raises IssuerFailure if there is none."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise IssuerFailure(Reason.UNTRUSTED, "no subject")
    if len(value) > MAX_SUBJECT_LENGTH:
        return f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
    return value


def values(claims: dict[str, Any], name: str) -> Values:
    """Return the texts of a claim, such as a person's groups; empty if it is missing.

    A name with dots is a path into objects (`realm_access.roles`), unless a claim has exactly this
    name. None means unknown: the issuer has too many to send (Entra's `_claim_names`).
    """
    if not name:
        return []
    elsewhere = claims.get("_claim_names")
    if isinstance(elsewhere, dict) and name in elsewhere:
        return None
    value: Any = claims
    for part in [name] if name in claims else name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    items = value if isinstance(value, list) else [value]
    return [db_safe_text(item) for item in items[:MAX_VALUES] if isinstance(item, str)]


def best(claim_values: Sequence[str], by_value: Mapping[str, str], order: Sequence[str]) -> str:
    """Return the highest role that the values mean; empty if none. `order` has the lowest first."""
    claimed_roles = {by_value[value] for value in claim_values if value in by_value}
    return max(claimed_roles, key=order.index, default="")


def projects(
    claim_values: Sequence[str], by_value: Mapping[str, str], order: Sequence[str]
) -> Given:
    """Return the highest role that the values mean in each project."""
    roles: Given = {}
    for place in " ".join(by_value[value] for value in claim_values if value in by_value).split():
        slug, _, role = place.rpartition(":")
        roles[slug] = max(roles.get(slug, role), role, key=order.index)
    return roles


def settle(current: str, claimed: str, former_claim: str, order: Sequence[str]) -> tuple[str, str]:
    """Return the new role at a sign-in, and the part of it that the claim gave ("" if none).

    `former_claim` is the role that the claim gave last, or "". While `current` is still that role,
    the claim raises and lowers it, down to "" if `claimed` is "". A role that people have set is
    only raised by the claim.
    """
    if former_claim and current == former_claim:
        return claimed, claimed
    if claimed and (not current or order.index(claimed) > order.index(current)):
        return claimed, claimed
    return current, ""


def _text(value: Any) -> str:
    return db_safe_text(value).strip()[:TEXT_LENGTH] if isinstance(value, str) else ""
