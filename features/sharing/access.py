"""Decides who may open a share, by its audience, password and end; refuses with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.limits import rate_limit
from core.http.client_addresses import client_address, network
from core.names import clean_name
from features.sharing.models import Share
from features.sharing.models.share import token_digest
from projects.models import Membership
from projects.rights import Rights

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet

    from core.http.htmx import HtmxRequest

SOMEBODY = "the person who sent you the link"
UNKNOWN = f"This link does not work. For a new one, ask {SOMEBODY}."
ENDED = "This share has ended. For a new link, ask {}."
EXPIRED = "This share has expired. For a new link, ask {}."
P = ParamSpec("P")


@dataclass(frozen=True)
class Visit:
    """A visitor of a share that they may open; `is_maker` if they may change it."""

    share: Share
    user: User | AnonymousUser
    is_maker: bool


def for_visitors(
    view: Callable[Concatenate[HtmxRequest, Visit, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Decorate a view, called with a share's token, for visitors who may open the share.

    They need no account. Others get the login, the password form, or a sentence without details.
    """

    @wraps(view)
    def checked(
        request: HtmxRequest, /, token: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        share = share_at(token)
        if share is None:
            return unknown(request)
        try:
            response = refusal(request, share) or view(
                request, Visit(share, request.user, is_maker(request.user, share)), *args, **kwargs
            )
        except Http404 as missing:  # visitors get no page of the house
            sentence = str(missing)
            if sentence != UNKNOWN:
                sentence = f"{sentence} If you miss it, ask {_whom(share)}."
            response = nothing_here(request, sentence, HTTPStatus.NOT_FOUND)
        _keep_out(response, share)
        return response

    return rate_limit.for_guests(login_not_required(checked))


def share_at(token: str) -> Share | None:
    """Return the share whose address has this token, ended or not, with its user and project."""
    shares = Share.objects.select_related("user", "project")
    share = shares.filter(token_digest=token_digest(token)).first()
    if share is not None:
        share.token = token  # also if another SECRET_KEY has encrypted the stored one
    return share


def refusal(request: HttpRequest, share: Share) -> HttpResponseBase | None:
    """Return a response that refuses the share to the visitor; None if they may open it."""
    if refusal_page := refusal_to_all(request, share):
        return refusal_page
    if share.password and not is_maker(request.user, share) and not has_password(request, share):
        if request.method not in {"GET", "HEAD"} or request.path != share.get_absolute_url():
            raise Http404(UNKNOWN)
        return render(
            request, "features/sharing/password.html", {"share": share}, status=HTTPStatus.FORBIDDEN
        )
    return None


def refusal_to_all(request: HttpRequest, share: Share) -> HttpResponseBase | None:
    """Return a response if this visitor may not open the share even with its password, or None."""
    if sentence := end_of(share):
        return nothing_here(request, sentence, HTTPStatus.GONE)
    if share.audience in {Share.Audience.PROJECT, Share.Audience.HOUSE}:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if share.audience == Share.Audience.PROJECT and not is_meant(request.user, share):
            raise Http404(UNKNOWN)
    return None


def told_of(user: User) -> QuerySet[Share]:
    """Return the shares whose comments the user may read, as their pages allow.

    These are the user's own, those of projects where they are a maker, and those with a comment
    that they wrote or that mentions them since the share has its present address.
    """
    is_theirs = Q(comments__mentioned=user) | Q(comments__reviewer__user=user)
    mentioned_in = (
        Share.objects.live()
        .filter(is_theirs, Q(renewed_at=None) | Q(comments__created_at__gt=F("renewed_at")))
        .exclude(~Q(for_project__memberships__user=user), audience=Share.Audience.PROJECT)
    )
    managed = Share.objects.managed_by(user)
    return Share.objects.filter(
        Q(pk__in=managed.order_by().values("pk")) | Q(pk__in=mentioned_in.values("pk"))
    )


def unknown(request: HttpRequest) -> HttpResponseBase:
    """Answer an unknown token with 404, or with 429 after many tries from one network.

    Valid tokens are never throttled: 200 people behind one address are not guessing, and nobody
    guesses 144 bits.
    """
    wait_s = 0
    if settings.RATE_LIMITS:
        client = network(client_address(request))
        wait_s = rate_limit.buckets.take(rate_limit.LIMITS["guess"], client)
    if wait_s:
        return rate_limit.too_many_requests(request, wait_s)
    return nothing_here(request, UNKNOWN, HTTPStatus.NOT_FOUND)


def nothing_here(request: HttpRequest, sentence: str, status: HTTPStatus) -> HttpResponse:
    """Return the page of an address that shows nothing: a sentence, and nothing of the house."""
    return render(request, "features/sharing/ended.html", {"sentence": sentence}, status=status)


def sender(share: Share) -> str:
    """Return who sends a share: its user's full name, never the login, and the house's name."""
    name = clean_name(share.user.get_full_name()) if share.user.is_active else ""
    return ", ".join(filter(None, [name, settings.HOUSE_NAME]))


def end_of(share: Share) -> str:
    """Return the sentence that says why a share has ended, and whom to ask; empty if it has not."""
    whom = _whom(share)
    if share.revoked_at is not None or not share.user.is_active:
        return ENDED.format(whom)
    return EXPIRED.format(whom) if share.is_expired else ""


def _whom(share: Share) -> str:
    """Return whom to ask; the sender's name is not for people who may not open the share."""
    is_for_all = share.audience in {Share.Audience.LINK, Share.Audience.PUBLIC}
    return (sender(share) if is_for_all and not share.password else "") or SOMEBODY


def has_password(request: HttpRequest, share: Share) -> bool:
    """Whether the visitor's browser has the cookie for the share's present password."""
    cookie = request.COOKIES.get(password_cookie(share), "")
    return constant_time_compare(cookie, password_proof(share))


def password_cookie(share: Share) -> str:
    """Return the name of the cookie that proves that the visitor has entered the password."""
    return f"vitrine_share_{share.pk.hex}"


def password_proof(share: Share) -> str:
    """Return the value of that cookie; a new password invalidates it."""
    return salted_hmac("sharing.password", f"{share.pk}:{share.password}").hexdigest()


def audience_in_words(share: Share) -> str:
    """Return the audience as words that follow "Open to"."""
    words = {
        Share.Audience.PROJECT: f"members of “{share.for_project or share.project}”",
        Share.Audience.HOUSE: "everybody who logs in here",
        Share.Audience.LINK: "whoever has the link",
        Share.Audience.PUBLIC: "everybody, search engines too",
    }
    return words[Share.Audience(share.audience)] + (", with the password" if share.password else "")


def is_meant(user: User | AnonymousUser, share: Share) -> bool:
    """Return True if a user belongs to the share's audience; links are for everybody."""
    if share.audience != Share.Audience.PROJECT:
        return user.is_authenticated or share.audience != Share.Audience.HOUSE
    project = share.for_project_id or share.project_id
    memberships = Membership.objects.filter(project=project, user=user.pk)
    return memberships.exists() or Share.objects.own(user).filter(pk=share.pk).exists()


def is_maker(user: User | AnonymousUser, share: Share) -> bool:
    """Whether a user may change the share."""
    if not user.is_authenticated:
        return False
    is_shown = Share.objects.shown_to(user).filter(pk=share.pk).exists()
    return is_shown and Rights(user, share).may_change


def _keep_out(response: HttpResponseBase, share: Share) -> None:
    """Set headers that keep the response out of caches and search engines.

    The site's referrer policy already tells other sites nothing. With a stricter one, browsers
    would post forms with the origin “null”, which the protection against CSRF refuses.
    """
    response.headers.setdefault("Cache-Control", "private, no-store")
    if share.audience != Share.Audience.PUBLIC:
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
