"""The queue of mail to people: written by the web process, sent by the worker.

The web process never connects to a mail server. A mail may carry a link that logs somebody in, so
its text is encrypted with the server's secret: a copy of the database is not enough to read it.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from accounts.models import QueuedMail
from core.encryption import cipher
from core.notify import channel

log = logging.getLogger(__name__)

SALT = "vitrine.mail"
LONGEST_PAUSE_S = 600.0
TAKEN_FOR = timedelta(minutes=2)
TRIES = 8  # over about twenty minutes; after that the person has to ask for another mail
BATCH = 20


def is_configured() -> bool:
    """Return whether this server can send mail."""
    return bool(settings.EMAIL_URL)


def missing_for_links() -> str:
    """Return the setting that is missing for mails with a link; empty if none is.

    Without PUBLIC_URL the link's host would come from the Host header of the request. An attacker
    could request a new password for somebody else, with a link to the attacker's host.
    """
    needed_settings = {"EMAIL_URL": settings.EMAIL_URL, "PUBLIC_URL": settings.PUBLIC_URL}
    return next((name for name, value in needed_settings.items() if not value), "")


def sends_links() -> bool:
    """Return whether this server can send mails with a link."""
    return not missing_for_links()


def queue(to: str, subject: str, text: str) -> None:
    """Queue a mail in the caller's transaction; the worker sends it."""
    now = timezone.now()
    with transaction.atomic():
        QueuedMail.objects.create(
            to=to,
            subject=subject[:255],
            sealed=cipher(SALT).encrypt(text.encode()),
            next_attempt_at=now,
        )
        channel.notify()


def send_due() -> float:
    """Send the mails that are due; return the seconds until the next one is due.

    The worker calls it after that time, and at each notification of a change.
    """
    if not is_configured():
        return LONGEST_PAUSE_S
    now = timezone.now()
    for mail in QueuedMail.objects.filter(next_attempt_at__lte=now)[:BATCH]:
        unchanged = QueuedMail.objects.filter(pk=mail.pk, next_attempt_at=mail.next_attempt_at)
        # Claimed by one worker only; due again later in case that worker dies.
        if unchanged.update(next_attempt_at=now + TAKEN_FOR, attempts=mail.attempts + 1):
            _send(mail, mail.attempts + 1)
    next_at = QueuedMail.objects.aggregate(at=Min("next_attempt_at"))["at"]
    pause_s = (next_at - timezone.now()).total_seconds() if next_at else LONGEST_PAUSE_S
    return min(max(pause_s, 1.0), LONGEST_PAUSE_S)


def _send(mail: QueuedMail, attempts: int) -> None:
    try:
        text = cipher(SALT).decrypt(bytes(mail.sealed)).decode()
    except InvalidToken:
        log.error("a mail was dropped: it was sealed with another SECRET_KEY")
        mail.delete()
        return
    try:
        send_mail(mail.subject, text, None, [mail.to])
    except Exception as error:  # mail back ends raise anything
        log.error("a mail was not sent (try %s of %s): %s", attempts, TRIES, error)
        if attempts < TRIES:
            pause = timedelta(seconds=min(10.0 * 2**attempts, LONGEST_PAUSE_S))
            QueuedMail.objects.filter(pk=mail.pk).update(next_attempt_at=timezone.now() + pause)
            return
    mail.delete()
