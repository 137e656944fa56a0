"""What the authorization server has issued for a grant: one press of "Connect".

Its access and refresh tokens are allauth's and change. A grant's row is an ordinary token
(`api/tokens.py`) with the grant's id, so that budgets, the audit log, the list and revoking work as
for any other. Without the row its tokens open nothing, and the reverse.
"""

from __future__ import annotations

import re
from typing import Any

from allauth.idp.oidc.models import Token as Issued

CHOICES = "vitrine"  # in the data of a code: what the person chose
_ISSUED = re.compile(r"[A-Za-z0-9_-]{86}")  # as allauth's `secrets.token_urlsafe(64)`


def remember(grant: str, choices: dict[str, Any]) -> None:
    """Keep the choices of a person with the code of a grant until it is exchanged."""
    code = _of(grant).get(type=Issued.Type.AUTHORIZATION_CODE)
    code.data = {**code.data, CHOICES: choices}
    code.save(update_fields=["data"])


def choices_of(grant: str) -> dict[str, Any] | None:
    """Return what `remember` kept; None if that is gone."""
    code = _of(grant).filter(type=Issued.Type.AUTHORIZATION_CODE).first()
    return code.data.get(CHOICES) if code else None


def find(secret: str) -> Issued | None:
    """Return a valid access token of a grant, or None. Other texts cost no query.

    It may have fewer scopes than its grant's row: a program may ask for fewer.
    """
    if not _ISSUED.fullmatch(secret):
        return None
    issued = Issued.objects.lookup(Issued.Type.ACCESS_TOKEN, secret)
    return issued if issued and issued.get_grant_id() else None


def is_over(grant: str) -> bool:
    """Whether no token of a grant is left: its program gave them back, or they were taken."""
    return not _of(grant).exclude(type=Issued.Type.AUTHORIZATION_CODE).exists()


def end(grant: str) -> None:
    """Delete everything that was issued for a grant; nothing for an empty one."""
    if grant:
        _of(grant).delete()


def _of(grant: str) -> Any:
    return Issued.objects.filter(data__grant_id=grant)
