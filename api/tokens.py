"""API tokens: named, scoped, hashed at rest, revocable.

A token acts for its user, with their permissions limited to its scopes.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts import roles
from accounts.audit import trail
from accounts.single_use import digest
from api import grants
from api.models import Token
from core.periods import UNDO_WITHIN
from core.refusals import Refused
from fal.db_safe import db_safe_text
from projects.models import Membership

if TYPE_CHECKING:
    from allauth.idp.oidc.models import Token as Issued
    from django.contrib.auth.models import User

    from projects.models import Project

PREFIX = "vitrine_"  # lets secret scanners recognize tokens
READ, RUN, CURATE = "read", "run", "curate"
SCOPES: Mapping[str, str] = {
    READ: "Search models, and look at runs, presets and collections; alone, it is read-only",
    RUN: "Start and cancel runs, upload files, keep presets and stars",
    CURATE: "Change collections, if the token's owner may do so",
}
DEFAULT_SCOPES = (READ, RUN)
NO_NAME = "Give the token a name that says what uses it."
NO_SCOPE = f"Choose at least one of the scopes {', '.join(SCOPES)}."
MAX_NAME_CHARS = 80
MAX_TOKENS = 50  # per user, not counting revoked ones
TOO_MANY = f"You have {MAX_TOKENS} tokens. Revoke one that you no longer use."
MAX_DAYS = 3650
HINT_CHARS = 4
USED_EVERY = timedelta(minutes=1)  # between two writes of `last_used_at`
KEPT_AFTER_REVOCATION = timedelta(days=30)
_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")


def create(
    user: User,
    name: str,
    scopes: Iterable[str] = DEFAULT_SCOPES,
    days: int | None = None,
    *,
    by: User | None = None,
    project: Project | None = None,
    grant: str = "",
) -> tuple[Token, str]:
    """Create a token; returns the row and the token itself, which cannot be retrieved later.

    `by` creates it; None for a command. `project` is the only one that it can access, None for all
    of the user's. One of a `grant` is used by what the authorization server issues for that, and
    the token itself is thrown away. Raises ValueError with a message for an invalid name, unknown
    scopes or days, and a project that the user is not a member of.
    """
    name, scope_set = _clean_name(name), set(scopes)
    if not scope_set or scope_set - SCOPES.keys():
        raise ValueError(NO_SCOPE)
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise ValueError(f"Let the token expire after 1 to {MAX_DAYS} days, or never.")
    long_ago = timezone.now() - KEPT_AFTER_REVOCATION
    Token.objects.filter(user=user, revoked_at__lt=long_ago).delete()
    if refusal := refusal_of_one_more(user):
        raise ValueError(refusal)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token(
        user=user,
        project=project,
        grant=grant,
        name=name,
        digest=digest(secret),
        hint=secret[: len(PREFIX) + HINT_CHARS],
        scopes=" ".join(scope for scope in SCOPES if scope in scope_set),
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    if token.is_shut_out:
        raise ValueError("A token can only be for a project of which its user is a member.")
    try:
        with transaction.atomic():
            token.save()
            trail.record(by, "created", [token], _about(token))
    except IntegrityError as error:
        raise ValueError(f"You have a token “{name}” already. Give this one another name.") from (
            error
        )
    return token, secret


def refusal_of_one_more(user: User) -> str:
    """Return why a person cannot have one more token; empty if they can."""
    is_full = Token.objects.filter(user=user, revoked_at=None).count() >= MAX_TOKENS
    return TOO_MANY if is_full else ""


def free_name(user: User, name: str) -> str:
    """Return the name, followed by a number if one of the user's tokens has it."""
    used_names = {*Token.objects.filter(user=user, revoked_at=None).values_list("name", flat=True)}
    numbered = (f"{name} {number}" for number in range(2, MAX_TOKENS + 2))
    return next(free for free in chain([name], numbered) if free not in used_names)


def authenticate(secret: str) -> Token | None:
    """Return the token's row with its user; None if it is not valid."""
    issued = grants.find(secret)
    if (is_its_row := _condition_on(secret, issued)) is None:
        return None
    rows = Token.objects.select_related("project", "user__private_project", "user__preferences")
    shared = Membership.objects.filter(user=OuterRef("user"), project__person=None)
    token = rows.annotate(has_no_shared=~Exists(shared)).filter(is_its_row).first()
    if token is None or token.revoked_at or token.is_expired or not token.user.is_active:
        return None
    if issued:
        token.scopes = " ".join(scope for scope in token.scope_list if scope in issued.get_scopes())
    token.is_in_private_alone = token.has_no_shared
    _record_use(token, timezone.now())
    return token


def row_of(secret: str) -> Token | None:
    """Return the row of a token, whether or not it is valid."""
    is_its_row = _condition_on(secret, grants.find(secret))
    return None if is_its_row is None else Token.objects.filter(is_its_row).first()


def _condition_on(secret: str, issued: Issued | None) -> Q | None:
    """Return the condition that finds a token's row: by its digest, or by the grant it is of."""
    if _TOKEN.fullmatch(secret):
        return Q(digest=digest(secret))
    return Q(grant=issued.get_grant_id()) if issued else None


def revoke(by: User | None, token: Token) -> None:
    """Invalidate the token at once; `restore` undoes that for a day.

    `by` is an admin who does it; its user by None. Raises Refused for an admin's token.
    """
    _require_may_act_on(token, by)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.revoked_by = by if by is not None and by.pk != token.user_id else None
        with transaction.atomic():
            token.save(update_fields=["revoked_at", "revoked_by"])
            grants.end(token.grant)
            trail.record(by or token.user, "revoked", [token], _about(token))


def restore(by: User | None, token: Token) -> None:
    """Undo a revocation; raises Refused if it is too late, or was an admin's.

    `by` is an admin who does it; its user by None.
    """
    _require_may_act_on(token, by)
    if token.revoked_at is None:
        return
    if token.grant:
        raise Refused("This program signed in by the browser: connect it again there.")
    if token.revoked_by_id and (by is None or by.pk == token.user_id):
        raise Refused(f"{token.revoked_by} has revoked this token. Create a new one.")
    if token.revoked_at < timezone.now() - UNDO_WITHIN:
        raise Refused("This token was revoked too long ago. Create a new one.")
    token.revoked_at = token.revoked_by = None
    try:
        with transaction.atomic():
            token.save(update_fields=["revoked_at", "revoked_by"])
            trail.record(by or token.user, "restored", [token], _about(token))
    except IntegrityError as error:
        raise Refused(f"You have a new token “{token.name}”. Revoke that one first.") from error


def _require_may_act_on(token: Token, by: User | None) -> None:
    if by is not None and by.pk != token.user_id:
        roles.require_may_act_on(token.user, by)


def _about(token: Token) -> str:
    until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "without an end"
    project_phrase = f"in “{token.project}”, " if token.project else ""
    return f"of {token.user.get_username()}, {token.scopes}, {project_phrase}{until}"


def _record_use(token: Token, now: datetime) -> None:
    """Update `last_used_at`, at most once a minute."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - USED_EVERY:
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _clean_name(name: str) -> str:
    name = " ".join(db_safe_text(name).split())
    if not name:
        raise ValueError(NO_NAME)
    if len(name) > MAX_NAME_CHARS:
        raise ValueError(f"Keep the name to {MAX_NAME_CHARS} characters.")
    return name
