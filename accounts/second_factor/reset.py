"""Takes a person's second factor away, so that they can log in after losing a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.audit import trail
from accounts.second_factor.factors import describe
from accounts.sessions import active_sessions

if TYPE_CHECKING:
    from django.contrib.auth.models import User

TEMPLATE = "mfa/email/second_factor_reset"


def reset_second_factor(person: User, by: User) -> int:
    """Remove all factors of `person` and end their sessions; return the number of factors.

    The password stays. If the person must have a second factor, they set one up at the next login.
    Raises PermissionDenied if only `person` is a superuser. The caller checks that `by` may change
    accounts.
    """
    if person.is_superuser and not by.is_superuser:
        raise PermissionDenied("Only a superuser may remove a superuser's second factor.")
    with transaction.atomic():
        factors = list(Authenticator.objects.select_for_update().filter(user_id=person.pk))
        if not factors:
            return 0
        Authenticator.objects.filter(pk__in=[factor.pk for factor in factors]).delete()
        active_sessions.end_others(person, None)
        detail = ", ".join(describe(factor) for factor in factors)
        trail.record(by, "took the second factor of", [person], detail)
        _notify(person, by)
    return len(factors)


def _notify(person: User, by: User) -> None:
    if address := EmailAddress.objects.get_primary_email(person):
        get_adapter().send_mail(TEMPLATE, address, {"user": person, "by": by})
