"""The adapter of allauth's `mfa`: encrypted secrets, the host of passkeys, and our words."""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

from accounts.second_factor import encryption, factors, origins

ISSUER = "Vitrine"
WRONG_CODE = (
    "That code is wrong, used or too old. Enter the newest code of your app, or a recovery code."
)


class SecondFactorAdapter(DefaultMFAAdapter):
    """allauth's adapter with Vitrine's encryption, host and words."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": factors.LAST,
        "cannot_generate_recovery_codes": (
            "Recovery codes replace a lost authenticator app or passkey. Set up one of these first."
        ),
        "incorrect_code": WRONG_CODE,
    }

    def encrypt(self, text: str) -> str:
        """Encrypt a secret for the database."""
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a secret; a random one if its key is lost."""
        return encryption.decrypt(encrypted_text)

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """Return the account's name in an authenticator app."""
        return user.get_username()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Return whether the person may remove this factor."""
        return not factors.is_last_required(authenticator)

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """Return a name for a new passkey, which the person can change."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return the host that passkeys are bound to, and the name that a browser shows."""
        from allauth.core import context

        host = origins.host_of(context.request)
        return {"id": origins.relying_party_id(host, settings.PUBLIC_URL), "name": ISSUER}
