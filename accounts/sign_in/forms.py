"""The forms of signing in and of passwords: allauth's, with our words and waits."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from allauth.core import context
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpResponseBase

from accounts import mail
from accounts.limits import throttle
from core.http.client_addresses import client_address

THROTTLED = "throttled"
TOO_MANY = "There were too many failed attempts to sign in. Wait {}, then try again."
TOO_MANY_RESETS = "You asked for this too often in a short time. Wait {}, then try again."
AGAIN = "New password again"


def require_no_wait(account: str, address: str, message: str = TOO_MANY) -> None:
    """Count an attempt; raises ValidationError, with the time to wait, if there were too many."""
    if wait_s := throttle.record_attempt(account, address):
        raise ValidationError(
            message.format(throttle.format_wait(wait_s)), THROTTLED, {"wait_s": wait_s}
        )


def with_wait(response: HttpResponseBase, form: Any) -> HttpResponseBase:
    """Set 429 and `Retry-After` on the response if the form has the error of too many attempts.

    Other errors of a posted form get status 422.
    """
    errors = [error for errors in form.errors.as_data().values() for error in errors]
    waits_s = [error.params["wait_s"] for error in errors if error.code == THROTTLED]
    if waits_s:
        response.status_code = 429
        response.headers["Retry-After"] = str(max(waits_s))
    elif errors and response.status_code == 200:
        response.status_code = 422
    return response


class SignInForm(forms.LoginForm):
    """Name or e-mail address, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Name or e-mail address"
        self.fields["login"].widget.attrs = {"autocomplete": "username webauthn", "autofocus": True}
        self.fields["password"].help_text = ""
        _without_placeholders(self)


class _NewPassword(BaseForm):
    """A new password twice, in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = "New password"
        self.fields["password1"].help_text = "At least 8 characters."
        self.fields["password2"].label = AGAIN
        _without_placeholders(self)


class PasswordForm(_NewPassword, forms.ChangePasswordForm):
    """A new password twice, and the old one, whose attempts are throttled like sign-in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = "Current password"

    def clean_oldpassword(self) -> str:
        """Check the old password."""
        request = context.request
        name, address = request.user.get_username(), client_address(request)
        require_no_wait(name, address)
        password: str = super().clean_oldpassword()
        throttle.record_success(name, address)
        return password


class FirstPasswordForm(_NewPassword, forms.SetPasswordForm):
    """A first password, for an account that has only signed in by link, passkey or issuer."""


class NewPasswordForm(_NewPassword, forms.ResetPasswordKeyForm):
    """A new password twice, without the old one; for people who follow a reset link."""


class ResetForm(forms.ResetPasswordForm):
    """The address to which a reset link is sent; throttled like sign-in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"
        self.fields["email"].error_messages |= {
            "required": "Enter the e-mail address of your account.",
            "invalid": "That is not an e-mail address, such as ana@example.com.",
        }
        _without_placeholders(self)

    def clean_email(self) -> str:
        """Count each request as a failed attempt."""
        if missing := mail.missing_for_links():
            raise ValidationError(
                f"This server cannot send a link: {missing} is not set. Ask an admin of Vitrine."
            )
        email = str(self.cleaned_data["email"])
        address = client_address(context.request)
        require_no_wait(f"password reset {email}", address, TOO_MANY_RESETS)
        cleaned: str = super().clean_email()
        return cleaned


def _without_placeholders(form: Any) -> None:
    """Remove placeholders: they repeat the label, and vanish when people type."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
