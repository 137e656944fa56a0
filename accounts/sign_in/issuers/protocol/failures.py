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


ADMIN = "If this happens again, tell an admin of Vitrine."


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
        f"It refused its own code or this server. Start again, or log in another way. {ADMIN}",
    )
    UNTRUSTED = Words(
        HTTPStatus.BAD_GATEWAY,
        "{name} cannot be trusted now",
        "Its answer does not prove who you are, so nothing was changed. Log in another way, and "
        "tell an admin of Vitrine.",
    )
    EXPIRED = Words(
        HTTPStatus.BAD_REQUEST,
        "This login is over",
        "It started more than ten minutes ago or in another browser, or it is already complete. "
        "Start again.",
    )
    CANCELLED = Words(
        HTTPStatus.FORBIDDEN,
        "You did not log in",
        "You cancelled at {name}, or it did not let you in. Nothing was changed.",
    )
    NOT_SIGNED_IN = Words(
        HTTPStatus.FORBIDDEN,
        "You are not logged in at {name}",
        "It needs to ask you something first, such as your password. Start again, and answer it "
        "there.",
    )
    NO_ADDRESS = Words(
        HTTPStatus.FORBIDDEN,
        "{name} sent no e-mail address",
        "A new account needs an address that {name} has confirmed. Add or share one there and "
        "try again, or ask an admin of Vitrine for an invitation.",
    )
    UNVERIFIED = Words(
        HTTPStatus.FORBIDDEN,
        "{name} has not confirmed your e-mail address",
        "A new account needs a confirmed address. Confirm yours at {name} and try again, or ask "
        "an admin of Vitrine for an invitation.",
    )
    NOT_INVITED = Words(
        HTTPStatus.FORBIDDEN,
        "You have no account here yet",
        "With an address like yours, you need an invitation. Ask an admin of Vitrine for an "
        "invitation link, and open it in this browser.",
        may_retry=False,
    )
    CLOSED = Words(
        HTTPStatus.FORBIDDEN,
        "This account is closed",
        "Nobody can log in with it. Ask an admin of Vitrine to open it again.",
        may_retry=False,
    )
    BUSY = Words(
        HTTPStatus.CONFLICT,
        "Two logins at once",
        "Another login with the same {name} account finished first. Start again.",
    )


class IssuerFailure(Exception):
    """A sign-in that ended without a login; `detail` is for the log and never holds a secret."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.name.lower()}: {detail}" if detail else reason.name.lower())
        self.reason = reason
        self.detail = detail
