"""The forms of the second factor: allauth's, with our words and waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn
from django.conf import settings
from django.core.exceptions import ValidationError

from accounts import single_use
from accounts.limits import throttle
from accounts.sign_in.forms import require_no_wait
from core.http.client_addresses import client_address
from core.typed_secrets import code_of

TOO_MANY_CODES = "There were too many wrong codes. Wait {}, then try again."
NO_PASSKEY = "Your browser sent no passkey. Press the button, then do what your device asks."
REFUSED_PASSKEY = (
    "That passkey was not accepted. Load the page again and try once more, or log in another way."
)
WRONG_APP_CODE = "That code is wrong or too old. Enter the code that the app shows now."
NAME_LENGTH = 80


class _CodeForm(base.BaseAuthenticateForm):
    """A code of the app or a recovery code; attempts are throttled like those of a password.

    Attempts count towards a separate name. Only somebody who gave the password gets here, so
    strangers cannot make the owner wait.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Code"
        _expect_code(self)

    def clean_code(self) -> str:
        """Check the code; each code of an app is valid once in all processes."""
        request = context.request
        name = f"second step {self.user.get_username()}"
        address = client_address(request)
        require_no_wait(name, address, TOO_MANY_CODES)
        self.cleaned_data["code"] = code_of(self.cleaned_data["code"])
        code: str = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not _spend(self.user.pk, code):
            raise get_adapter().validation_error("incorrect_code")
        throttle.record_success(name, address)
        return code


class StepForm(_CodeForm, base.AuthenticateForm):
    """The second step of a login."""


class ConfirmForm(_CodeForm, base.ReauthenticateForm):
    """A code that confirms who is logged in."""


class AppForm(ActivateTOTPForm):
    """The first code of an authenticator app, which shows that it has the secret."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Code that the app shows"
        _expect_code(self)

    def clean_code(self) -> str:
        """Check the code against the secret that the page shows."""
        self.cleaned_data["code"] = code_of(self.cleaned_data["code"])
        with _worded(WRONG_APP_CODE):
            return super().clean_code()


class NewPasskeyForm(webauthn.AddWebAuthnForm):
    """A new passkey: its name, and whether it logs in without the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _limit_name(self)
        self.fields["credential"].error_messages |= {"required": NO_PASSKEY, "invalid": NO_PASSKEY}
        alone = self.fields["passwordless"]
        alone.initial = True
        alone.label = "Log in with this passkey alone, without name and password"
        alone.help_text = (
            "Your device then asks for its PIN, your fingerprint or your face. Otherwise, you "
            "use the passkey after your password."
        )

    def clean(self) -> dict[str, Any]:
        """Check the passkey that the device created."""
        with _worded(REFUSED_PASSKEY):
            return super().clean()


class PasskeyNameForm(webauthn.EditWebAuthnForm):
    """Another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _limit_name(self)


class _PasskeyForm(webauthn.AuthenticateWebAuthnForm):
    """A challenge that a passkey has signed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"].error_messages |= {"required": NO_PASSKEY, "invalid": NO_PASSKEY}

    def clean_credential(self) -> Authenticator:
        """Check the signature."""
        with _worded(REFUSED_PASSKEY):
            return super().clean_credential()


class PasskeyStepForm(_PasskeyForm):
    """The second step of a login, by passkey."""


class PasskeyConfirmForm(_PasskeyForm, webauthn.ReauthenticateWebAuthnForm):
    """A passkey that confirms who is logged in."""


class PasskeyLoginForm(_PasskeyForm, webauthn.LoginWebAuthnForm):
    """A login by passkey alone."""


@contextmanager
def _worded(message: str) -> Iterator[None]:
    """Replace the one message that allauth has for all errors."""
    try:
        yield
    except ValidationError as error:
        if error.code == "incorrect_code":
            raise ValidationError(message, error.code) from error
        raise


def _expect_code(form: Any) -> None:
    field = form.fields["code"]
    field.max_length = 32
    field.widget.attrs = {
        "autocomplete": "one-time-code",
        "inputmode": "numeric",
        "autofocus": True,
        "maxlength": 32,
    }
    field.error_messages["required"] = "Enter the code."


def _limit_name(form: Any) -> None:
    field = form.fields["name"]
    field.label = "Name of the passkey"
    field.max_length = NAME_LENGTH
    field.widget.attrs = {"autocomplete": "off", "maxlength": NAME_LENGTH}
    field.error_messages["required"] = "Give the passkey a name."


def _spend(user_pk: int, code: str) -> bool:
    """Use a code up for all processes; return False if it was used before."""
    steps = 2 * settings.MFA_TOTP_TOLERANCE + 2
    return single_use.spend(f"totp {user_pk} {normalize_user_code(code)}", steps * 30)
