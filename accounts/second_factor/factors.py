"""A person's second factors, and whether they may remove one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from allauth.mfa.models import Authenticator

from accounts.sessions import strength
from core.formatting import counted

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import User

LAST = (
    "Your account must have a second step, and this is its only one. Set up another one first, "
    "then remove this one."
)
NAMES = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


@dataclass(frozen=True)
class Factors:
    """A person's second factors."""

    has_app: bool
    passkey_count: int
    has_codes: bool
    codes_left: int
    is_required: bool

    @property
    def is_on(self) -> bool:
        """Whether a login asks for a second step."""
        return self.has_app or self.passkey_count > 0

    @property
    def summary(self) -> str:
        """The second factors in words, for the account page."""
        app = "authenticator app" if self.has_app else ""
        passkeys = counted(self.passkey_count, "passkey") if self.passkey_count else ""
        state = " or ".join(filter(None, (app, passkeys))) or "off"
        return f"{state}, required" if self.is_required else state


def load(user: AbstractBaseUser) -> Factors:
    """Return the person's second factors."""
    person = cast("User", user)
    rows = list(Authenticator.objects.filter(user_id=user.pk))
    codes = next((row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None)
    return Factors(
        has_app=any(row.type == Authenticator.Type.TOTP for row in rows),
        passkey_count=sum(row.type == Authenticator.Type.WEBAUTHN for row in rows),
        has_codes=codes is not None,
        codes_left=len(codes.wrap().get_unused_codes()) if codes else 0,
        is_required=strength.must_have_factor(person),
    )


def is_last_required(factor: Authenticator) -> bool:
    """Return whether this is the only factor of a person who must have one."""
    if factor.type not in strength.FACTORS or not strength.must_have_factor(factor.user):
        return False
    own = Authenticator.objects.filter(user_id=factor.user_id, type__in=strength.FACTORS)
    return not own.exclude(pk=factor.pk).exists()


def list_factors(person: User) -> list[Authenticator]:
    """Return a person's factors in the order app, passkeys, codes, the oldest of each first."""
    order = list(NAMES)
    rows = Authenticator.objects.filter(user_id=person.pk).order_by("pk")
    return sorted(rows, key=lambda factor: order.index(Authenticator.Type(factor.type)))


def describe(factor: Authenticator) -> str:
    """Return a factor's description for the audit log: `passkey “Laptop”`."""
    name = NAMES[Authenticator.Type(factor.type)]
    return f"{name} “{factor}”" if factor.type == Authenticator.Type.WEBAUTHN else name
