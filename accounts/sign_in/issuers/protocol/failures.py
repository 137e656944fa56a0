"""The reasons why a sign-in by an issuer fails, each with a status, a title and a sentence."""

from __future__ import annotations

from enum import Enum
from http import HTTPStatus
from typing import NamedTuple


class Words(NamedTuple):
    """The texts of a page; `{name}` is the issuer's name. `may_retry` offers to start again."""

    status: HTTPStatus
    title: str
    sentence: str
    may_retry: bool = True


ADMIN = "If it goes on, tell who administers Vitrine."


class Reason(Enum):
    """One reason for each page that people see; the log has the details."""

    UNREACHABLE = Words(
        HTTPStatus.BAD_GATEWAY,
        "{name} does not answer",
        "Nothing was changed. Try again in a few minutes, or log in another way.",
    )
    BROKEN = Words(
        HTTPStatus.BAD_GATEWAY,
        "{name} has a problem",
        "It answered with an error, and nothing was changed. Try again in a few minutes, or log in "
        f"another way. {ADMIN}",
    )
    REJECTED = Words(
        HTTPStatus.BAD_GATEWAY,
        "{name} did not complete the login",
        "It did not accept its own code, or not this server. Start again, or log in another way. "
        f"{ADMIN}",
    )
    UNTRUSTED = Words(
        HTTPStatus.BAD_GATEWAY,
        "{name} cannot be trusted now",
        "What it sent does not prove who you are, so nothing was changed. Log in another way, and "
        "tell who administers Vitrine.",
    )
    EXPIRED = Words(
        HTTPStatus.BAD_REQUEST,
        "This login is over",
        "It began more than ten minutes ago, in another browser, or is complete already. Start "
        "again.",
    )
    CANCELLED = Words(
        HTTPStatus.FORBIDDEN,
        "You did not log in",
        "You cancelled at {name}, or it did not let you in. Nothing was changed.",
    )
    NO_ADDRESS = Words(
        HTTPStatus.FORBIDDEN,
        "{name} gives no e-mail address",
        "A new account needs one that {name} has checked. Add or share one there and try again, or "
        "ask who administers Vitrine for an invitation.",
    )
    UNVERIFIED = Words(
        HTTPStatus.FORBIDDEN,
        "{name} has not checked your e-mail address",
        "A new account needs a checked one. Confirm it at {name} and try again, or ask who "
        "administers Vitrine for an invitation.",
    )
    NOT_INVITED = Words(
        HTTPStatus.FORBIDDEN,
        "You have no account here yet",
        "Accounts are by invitation for addresses like yours. Ask who administers Vitrine for a "
        "link to join, and follow it in this browser.",
        may_retry=False,
    )
    CLOSED = Words(
        HTTPStatus.FORBIDDEN,
        "This account is closed",
        "Nobody can log in with it. Ask who administers Vitrine, if it should be opened again.",
        may_retry=False,
    )
    BUSY = Words(
        HTTPStatus.CONFLICT,
        "Two logins at once",
        "Another login with the same {name} account came between. Start again.",
    )


class IssuerFailure(Exception):
    """A sign-in that ended without a login; `detail` is for the log and never holds a secret."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.name.lower()}: {detail}" if detail else reason.name.lower())
        self.reason = reason
        self.detail = detail
