"""The login forms of Vitrine and its admin; they tell a throttled person how long to wait."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpResponseBase

from accounts.limits import throttle
from accounts.limits.addresses import client_address

WRONG = "Wrong name or password. Check both and try again."
TOO_MANY = "There were too many failed attempts to sign in. Wait {}, then try again."


class SignInForm(AuthenticationForm):
    """Django's form; `wait_s` is the seconds to wait after too many failures, else 0."""

    wait_s = 0
    error_messages = {**AuthenticationForm.error_messages, "invalid_login": WRONG}

    def clean(self) -> dict[str, Any]:
        """Authenticate; raises ValidationError, with the time to wait if sign-in is throttled."""
        try:
            return super().clean()
        except ValidationError as error:
            name = self.cleaned_data.get("username", "")
            address = client_address(self.request) if self.request else ""
            self.wait_s = throttle.wait_s(name, address)
            if not self.wait_s:
                raise
            message = TOO_MANY.format(throttle.format_wait(self.wait_s))
            raise ValidationError(message, code="throttled") from error


class AdminSignInForm(SignInForm, AdminAuthenticationForm):
    """The admin's login form, which accepts staff only."""


def with_wait(response: HttpResponseBase, form: Any) -> HttpResponseBase:
    """Set 429 and `Retry-After` on the login page's response if the form was throttled."""
    if wait_s := getattr(form, "wait_s", 0):
        response.status_code = 429
        response.headers["Retry-After"] = str(wait_s)
    return response
