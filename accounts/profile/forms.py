"""The forms of the account page and of the password reset."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.core.exceptions import ValidationError

from accounts.limits import throttle
from accounts.limits.addresses import client_address
from accounts.sign_in.forms import TOO_MANY
from core.http.htmx import HtmxRequest

AGAIN = "New password again"
NOT_YOURS = "That is not your password. Check it and try again."


def require_password(request: HtmxRequest, password: str) -> None:
    """Raise ValidationError unless it is the user's password; throttled like sign-in."""
    user, address = request.user, client_address(request)
    if wait_s := throttle.record_attempt(user.get_username(), address):
        message = TOO_MANY.format(throttle.format_wait(wait_s))
        raise ValidationError(message, code="throttled")
    if not user.check_password(password):
        raise ValidationError(NOT_YOURS, code="wrong")
    throttle.record_success(user.get_username(), address)


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    """First and last name, as shown to colleagues."""

    class Meta:
        model = get_user_model()
        fields = ["first_name", "last_name"]
        widgets = {
            "first_name": forms.TextInput({"autocomplete": "given-name"}),
            "last_name": forms.TextInput({"autocomplete": "family-name"}),
        }


class EmailForm(forms.Form):
    """The e-mail address; asks for the password, since reset links are sent to the address."""

    email = forms.EmailField(
        label="Address",
        max_length=254,
        required=False,
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={"invalid": "That is not an e-mail address, such as ana@example.com."},
    )
    password = forms.CharField(
        label="Your password",
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, request: HtmxRequest, data: Any = None) -> None:
        super().__init__(data, initial={"email": request.user.email}, prefix="email")
        self.request = request

    def clean_email(self) -> str:
        """Reject an address of another account: a reset link must reach one person only."""
        email = str(self.cleaned_data["email"])
        others = get_user_model().objects.exclude(pk=self.request.user.pk)
        if email and others.filter(email__iexact=email).exists():
            raise ValidationError("Another account has this address. Use one of your own.")
        return email

    def clean(self) -> dict[str, Any]:
        """Check the password last, and only if the rest is valid, since attempts are counted."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and self.request.user.has_usable_password():
            try:
                require_password(self.request, str(cleaned.get("password", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned

    def save(self) -> None:
        """Store the address."""
        self.request.user.email = self.cleaned_data["email"]
        self.request.user.save(update_fields=["email"])


class OwnPasswordForm(PasswordChangeForm):
    """A new password twice, and the old one, whose attempts are throttled like sign-in."""

    def __init__(self, request: HtmxRequest, data: Any = None) -> None:
        self.request = request
        super().__init__(request.user, data, prefix="password")
        self.fields["old_password"].label = "Current password"
        self.fields["new_password2"].label = AGAIN

    def clean_old_password(self) -> str:
        """Check the old password."""
        require_password(self.request, str(self.cleaned_data["old_password"]))
        return str(self.cleaned_data["old_password"])


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """A new password twice, without the old one; for people who follow a reset link."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["new_password2"].label = AGAIN


class FirstPasswordForm(NewPasswordForm):
    """A first password, for an account that has only signed in by link."""

    def __init__(self, request: HtmxRequest, data: Any = None) -> None:
        super().__init__(request.user, data, prefix="password")


def password_form(request: HtmxRequest, data: Any = None) -> OwnPasswordForm | FirstPasswordForm:
    """Return the form for changing the password, or for setting the first one."""
    has_one = request.user.has_usable_password()
    return OwnPasswordForm(request, data) if has_one else FirstPasswordForm(request, data)


class ResetForm(forms.Form):
    """The address to which a reset link is sent."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={
            "required": "Write the e-mail address of your account.",
            "invalid": "That is not an e-mail address, such as ana@example.com.",
        },
    )
