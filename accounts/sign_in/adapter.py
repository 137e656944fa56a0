"""allauth's adapter for accounts: growing waits, mail through the worker, and our words."""

from __future__ import annotations

import logging
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.utils import filter_users_by_email
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse

from accounts import mail
from accounts.limits import throttle
from accounts.sign_in import reauthentication, receivers
from accounts.sign_in.forms import require_no_wait
from core.http.client_addresses import client_address

log = logging.getLogger("accounts.sign_in")

WRONG = "Wrong name or password. Check both and try again."
UNKNOWN_ACCOUNT = "account/email/unknown_account"
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  behind a Unix socket without X-Forwarded-For


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter with Vitrine's throttle, mail queue, addresses and words."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
        "invalid_login": WRONG,
        "incorrect_password": "That is not your password. Check it and try again.",
        "enter_current_password": "That is not your password. Check it and try again.",
        "email_taken": "Another account has this address. Use one of your own.",
        "incorrect_code": "That code is wrong or too old. Enter the newest code.",
        "rate_limited": "You asked for this too often in a short time. Wait, then try again.",
        "too_many_login_attempts": (
            "There were too many failed attempts. Wait five minutes, then try again."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: nobody can create an account without an invitation."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt; raises ValidationError, with the time to wait, after too many.

        The password of a throttled attempt is not checked. Waits grow, and other people's attempts
        do not lock an account's owner out (`limits/throttle.py`). allauth's own limit is not
        called, because it counts in one process only.
        """
        account, address = _account(credentials), client_address(request)
        try:
            require_no_wait(account, address)
        except ValidationError as error:
            wait_s = (error.params or {})["wait_s"]
            _log_failure(f"refused for {wait_s} s", account, address)
            receivers.record_throttled(account, address, wait_s)
            raise

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Return the user of the credentials, or None; counts the attempt."""
        user = super().authenticate(request, **credentials)
        if user is not None:
            throttle.record_success(_account(credentials), client_address(request))
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Log a failed attempt."""
        _log_failure("failed", _account(credentials), client_address(request))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Return whether the person has to authenticate again: False soon after a login.

        allauth would ask people who logged in a minute ago, and cannot ask those without password.
        """
        records = get_authentication_records(self.request, self.request.user)
        latest = max((record["at"] for record in records), default=0.0)
        return time.time() - latest > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return the ways to confirm; at least one for a user, so that nobody gets a bare 403."""
        methods = super().get_reauthentication_methods(user)
        return reauthentication.in_our_words(methods) if user.is_authenticated else []

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address."""
        return client_address(request) or UNKNOWN_ADDRESS

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue a mail for the worker.

        A mail to an unknown account is rendered but not sent, so that the response takes as long as
        for a known one.
        """
        message = self.render_mail(template_prefix, email, {"email": email, **context})
        if mail.sends_links() and template_prefix != UNKNOWN_ACCOUNT:
            mail.queue(email, str(message.subject), str(message.body))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the address of the page that sets a new password."""
        uid, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", args=[uid, token])
        return f"{settings.PUBLIC_URL}{path}"

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Return the address of the page that confirms an e-mail address."""
        path = reverse("account_confirm_email", args=[emailconfirmation.key])
        return f"{settings.PUBLIC_URL}{path}"


def _account(credentials: dict[str, Any]) -> str:
    """Return the user name that an attempt counts towards, also if an e-mail address was typed."""
    login = str(credentials.get("username") or credentials.get("email") or "")
    if "@" in login:
        users = filter_users_by_email(login)
        if len(users) == 1:
            return str(users[0].get_username())
    return login


def _log_failure(outcome: str, account: str, address: str) -> None:
    """Log an attempt without unknown names, because people type passwords in their place."""
    is_known = get_user_model()._default_manager.filter(username=account[:150]).exists()
    name = repr(account[:150]) if is_known else "an unknown name"
    log.warning("sign-in of %s from %s %s", name, address or "-", outcome)
