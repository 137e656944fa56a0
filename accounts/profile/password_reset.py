"""Password resets by e-mail: requested on a page, sent by the worker.

The web process makes no outgoing connections and must answer as fast for an unknown address as for
a known one, so a request only writes a row. The worker creates the link when it sends the mail; the
link is never stored. It is valid for `PASSWORD_RESET_TIMEOUT`, or until the next sign-in or change
of the password.
"""

from __future__ import annotations

import logging
import unicodedata
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Min
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.limits import throttle
from accounts.models import PasswordResetMail
from core.notify import channel

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 600.0
TAKEN_FOR = timedelta(minutes=2)
TRIES = 8  # over about twenty minutes; after that the person has to request another mail
BATCH = 20


def is_configured() -> bool:
    """Return whether this server can send mail."""
    return bool(settings.EMAIL_URL)


def request(email: str, origin: str, address: str) -> int:
    """Write a row for each account of `email`; return the seconds to wait if throttled, else 0.

    Does not reveal whether such an account exists. `origin` is the beginning of the link, `address`
    the client's IP address. Throttled like sign-in: each request counts as a failed attempt.
    """
    if wait_s := throttle.record_attempt(f"password reset {email}", address):
        return wait_s
    now = timezone.now()
    values = {"origin": origin, "requested_at": now, "next_attempt_at": now, "attempts": 0}
    with transaction.atomic():
        for user in _accounts(email):
            PasswordResetMail.objects.update_or_create(user=user, defaults=values)
        channel.notify()
    return 0


def _accounts(email: str) -> list[User]:
    """Return the active accounts with this address, also those that never had a password.

    Django's form leaves the latter out, so a colleague added without one could never get one.
    """
    users = User.objects.filter(email__iexact=email, is_active=True)
    # The database may equate letters that mail servers do not (CVE-2019-19844).
    return [user for user in users if _folded(user.email) == _folded(email)]


def _folded(email: str) -> str:
    return unicodedata.normalize("NFKC", email).casefold()


def send_due() -> float:
    """Send the mails that are due; return the seconds until the next one is due.

    The worker calls it after that time, and whenever something has changed.
    """
    if not is_configured():
        return LONGEST_PAUSE_S
    now = timezone.now()
    due = PasswordResetMail.objects.filter(next_attempt_at__lte=now)
    for mail in due.select_related("user")[:BATCH]:
        same = PasswordResetMail.objects.filter(pk=mail.pk, next_attempt_at=mail.next_attempt_at)
        # Claimed by one worker only; due again later in case that worker dies.
        if same.update(next_attempt_at=now + TAKEN_FOR, attempts=mail.attempts + 1):
            _send(mail, mail.attempts + 1)
    next_at = PasswordResetMail.objects.aggregate(at=Min("next_attempt_at"))["at"]
    pause_s = (next_at - timezone.now()).total_seconds() if next_at else LONGEST_PAUSE_S
    return min(max(pause_s, 1.0), LONGEST_PAUSE_S)


def _send(mail: PasswordResetMail, attempts: int) -> None:
    # Whoever requests the mail chooses the Host header, so it counts only if nothing else is known.
    origin = settings.PUBLIC_URL or mail.origin
    try:
        send_mail(SUBJECT, text(mail.user, origin), None, [mail.user.email])
    except Exception as error:  # mail back ends raise anything
        log.error("a password reset mail was not sent (try %s of %s): %s", attempts, TRIES, error)
        if attempts < TRIES:
            pause = timedelta(seconds=min(10.0 * 2**attempts, LONGEST_PAUSE_S))
            PasswordResetMail.objects.filter(pk=mail.pk).update(
                next_attempt_at=timezone.now() + pause
            )
            return
    # Keep the row if the person has requested another mail meanwhile.
    PasswordResetMail.objects.filter(pk=mail.pk, requested_at=mail.requested_at).delete()


SUBJECT = "Your Vitrine password"
TEXT = """\
Hello {person},

somebody, probably you, has asked for a new password for your account “{account}” at
{origin}. Choose it here:

{link}

The link is valid for {hours} hours and can be used once. If it was not you, do nothing: your
password stays as it is.
"""


def text(user: User, origin: str) -> str:
    """Return the mail's text with a new link."""
    link = reverse(
        "password-reset-new",
        kwargs={
            "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
            "token": default_token_generator.make_token(user),
        },
    )
    return TEXT.format(
        person=user.get_full_name() or user.get_username(),
        account=user.get_username(),
        origin=origin,
        link=f"{origin}{link}",
        hours=settings.PASSWORD_RESET_TIMEOUT // 3600,
    )
