"""Identifies reviewers of a share: users by account, guests by a name and a signed cookie."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.core.signing import BadSignature
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts.limits.rate_limit import LIMITS, buckets
from accounts.limits.throttle import format_wait
from core.http.client_addresses import client_address, network
from core.http.posts import hidden
from core.names import clean_name, looks_like, name_key
from core.refusals import Refused
from features.sharing.models import Reviewer, Share
from features.sharing.models.reviewer import MAX_NAME_CHARS
from projects.kept.voices.participant import Participant
from projects.models import Membership

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

    from features.sharing.access import Visit

MAX_REVIEWERS = 500  # of one share
REMEMBERED_S = 180 * 24 * 60 * 60
NAME_FIELD = "name"
TRAP_FIELD = "website"  # hidden from people; only robots fill it in
MISSING = "Enter your name first, so that others know who this is from."
TOO_LONG = f"That name is too long: {MAX_NAME_CHARS} characters fit."
TAKEN = "There is already {} here. Add your surname."
ROBOT = "This form looks as if a robot had filled it in. Leave the field “Website” empty."
FULL = (
    "Too many people have answered here to add another name. Ask the person who sent you the link."
)
TOO_MANY = "Too many names were entered from your network. Wait {}, then try again."


class NameRefused(Refused):
    """A guest cannot use this name; `name` is the typed text."""

    def __init__(self, sentence: str, name: str = "") -> None:
        super().__init__(sentence)
        self.name = name


def reviewer_of(request: HttpRequest, visit: Visit) -> Reviewer | None:
    """Return the visitor's reviewer on this share, or None if there is none; writes nothing.

    For a logged-in user, the cookie of a guest does not count.
    """
    reviewers = visit.share.reviewers.all()
    if visit.user.is_authenticated:
        return reviewers.filter(user=visit.user.pk).first()
    try:
        key = request.get_signed_cookie(
            cookie_name(visit.share), salt=_salt(visit.share), max_age=REMEMBERED_S
        )
    except (KeyError, BadSignature):
        return None
    return reviewers.filter(pk=key, user=None).first() if key else None


def reviewer_for_post(request: HttpRequest, visit: Visit) -> Reviewer:
    """Return the reviewer who posts this; a new one gets the account's or the posted name.

    Raises NameRefused. Pass the response to `remember`, so that the guest is recognised.
    """
    if reviewer := reviewer_of(request, visit):
        return reviewer
    if isinstance(visit.user, User):
        return _user_as_reviewer(visit.share, visit.user)
    name = clean_name(hidden(request, NAME_FIELD)[: 10 * MAX_NAME_CHARS])
    if hidden(request, TRAP_FIELD):
        raise NameRefused(ROBOT, name)
    if sentence := name_problem(visit.share, name):
        raise NameRefused(sentence, name)
    client = network(client_address(request))
    wait_s = buckets.take(LIMITS["guest"], client) if settings.RATE_LIMITS else 0
    if wait_s:
        raise NameRefused(TOO_MANY.format(format_wait(wait_s)), name)
    return _guest(visit.share, name)


def participant_of(request: HttpRequest, visit: Visit) -> Participant | None:
    """Return the visitor as participant of the shared board; None for a guest without a name."""
    if visit.user.is_authenticated:
        return Participant.of_user(visit.user)
    reviewer = reviewer_of(request, visit)
    return reviewer.participant if reviewer else None


def remember(response: HttpResponseBase, request: HttpRequest, reviewer: Reviewer) -> None:
    """Set the cookie that recognises the guest, on this share only."""
    if not reviewer.is_guest:
        return
    response.set_signed_cookie(
        cookie_name(reviewer.share),
        str(reviewer.pk),
        salt=_salt(reviewer.share),
        max_age=REMEMBERED_S,
        path=reviewer.share.get_absolute_url(),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def cookie_name(share: Share) -> str:
    """Return the name of the cookie that identifies a guest on this share."""
    return f"vitrine_guest_{share.pk.hex}"


def name_problem(share: Share, name: str) -> str:
    """Return why a guest cannot use this name on this share; empty if they can.

    Names that look like the full name of a member of the share's project are refused, too.
    """
    key = name_key(name)
    if not (name and key):
        return MISSING
    if len(name) > MAX_NAME_CHARS:
        return TOO_LONG
    is_member_s = any(looks_like(name, member) for member in _members(share))
    if is_member_s or share.reviewers.filter(name_key=key).exists():
        return TAKEN.format(with_article(name))
    return FULL if share.reviewers.count() >= MAX_REVIEWERS else ""


def with_article(name: str) -> str:
    """Return “an Anna”, “a Ben”."""
    return f"{'an' if name[:1].casefold() in 'aeiouäöå' else 'a'} {name}"


def display_name(user: User) -> str:
    """Return a user's name for visitors; never an e-mail address."""
    name = user.get_full_name() or user.get_username().partition("@")[0]
    return clean_name(name)[:MAX_NAME_CHARS] or "Somebody"


def _members(share: Share) -> set[str]:
    """Return the names of the share's user and of the project's members."""
    of_project = Membership.objects.filter(project=share.project_id).values("user")
    people = User.objects.filter(pk__in=of_project) | User.objects.filter(pk=share.user_id)
    return {display_name(user) for user in people}


def _guest(share: Share, name: str) -> Reviewer:
    try:
        with transaction.atomic():
            return Reviewer.objects.create(share=share, name=name)
    except IntegrityError:  # another guest took it at the same moment
        raise NameRefused(TAKEN.format(with_article(name)), name) from None


def _user_as_reviewer(share: Share, user: User) -> Reviewer:
    """Return a user as reviewer; a number follows the name if a guest already has it."""
    name = display_name(user)
    used_keys = set(share.reviewers.values_list("name_key", flat=True))
    names = (f"{name[: MAX_NAME_CHARS - 5]} {number}" for number in range(2, MAX_REVIEWERS + 3))
    free = name if name_key(name) not in used_keys else _first_free(names, used_keys)
    try:
        with transaction.atomic():
            return Reviewer.objects.create(share=share, user=user, name=free)
    except IntegrityError:  # their other tab was first, or a guest took the name
        known_reviewer = Reviewer.objects.filter(share=share, user=user).first()
        return known_reviewer or _user_as_reviewer(share, user)


def _first_free(names: Iterable[str], used_keys: set[str]) -> str:
    return next(name for name in names if name_key(name) not in used_keys)


def _salt(share: Share) -> str:
    return f"sharing.reviewers:{share.pk}"
