"""The token rows of programs that signed in: made at the first exchange, revoked at the end."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from allauth.idp.oidc.models import Token as Issued

from api import grants, tokens
from api.models import Token
from features.spending.budgets import editing
from projects.models import Project


def accept(secret: str) -> bool:
    """Make the token row of the grant of a new access token, unless it has one.

    Returns False if the grant has ended or its project is gone: the exchange must be undone.
    """
    issued = Issued.objects.by_value(secret).select_related("user").get()
    grant = issued.get_grant_id() or ""
    row = Token.objects.filter(grant=grant).first()
    if row is not None:
        return row.revoked_at is None
    choices = grants.choices_of(grant)
    return choices is not None and _make(issued, grant, choices)


def _make(issued: Issued, grant: str, choices: dict[str, Any]) -> bool:
    user: Any = issued.user
    key = choices["project"]
    project = Project.objects.filter(pk=key).first() if key else None
    if key and project is None:
        return False
    try:
        row, _ = tokens.create(
            user,
            tokens.free_name(user, choices["name"]),
            issued.get_scopes(),
            by=user,
            project=project,
            grant=grant,
        )
    except ValueError:  # no longer a member of the project, or too many tokens by now
        return False
    if choices["limit"] is not None:
        editing.limit_token(user, row, Decimal(choices["limit"]), choices["period"])
    return True


def revoke_if_over(grant: str) -> None:
    """Revoke the row of a grant without tokens."""
    row = Token.objects.filter(grant=grant, revoked_at=None).select_related("user").first()
    if row is not None and grants.is_over(grant):
        tokens.revoke(None, row)
