"""Decides what happens to a run whose submit failed: sent again, unconfirmed, or failed.

A wrong row charges twice or loses a run, so both decisions are made only here, each by the first
row that fits:

1. ARRIVALS: whether fal may have accepted the request, by the phase in which it failed and by the
   answer. Used where an error is raised; `FalError.is_unconfirmed` keeps the result.
2. REACTIONS: what to do then, by that result, the error and the transport. Used to send runs.
"""

from __future__ import annotations

from collections.abc import Container
from enum import Enum
from typing import NamedTuple, TypeVar

from fal.errors import FalError, RunFailed, Unreachable, Unreadable
from fal.http.answers import BROKEN, CANCELLED, CLIENT_CLOSED_REQUEST, DISCONNECTED

E = TypeVar("E", bound=FalError)


class SubmitPhase(Enum):
    """How far a request had come when it failed."""

    UNSENT = "it cannot have left this machine"
    UNANSWERED = "it was sent, and no answer came"
    ANSWERED = "the answer is an error"
    ACCEPTED = "a successful answer began, and broke off or is not an output"


class Reaction(Enum):
    """What happens to the run."""

    SEND_AGAIN = "it certainly did not reach a model"
    UNCONFIRMED = "fal may have it: only a person sends it again"
    FAILED = "it is over"


class Arrival(NamedTuple):
    """A row: whether fal may have the request after this phase and answer. None fits any value."""

    why: str
    phase: SubmitPhase
    may_have_it: bool
    statuses: Container[int] | None = None
    types: Container[str | None] | None = None
    has_type: bool | None = None
    has_request_id: bool | None = None
    errors: tuple[type[FalError], ...] = (FalError,)
    is_cut: bool | None = None


# Gateway statuses that mean the origin was not reached (Cloudflare's, and the usual 503). After any
# other 5xx that is not fal's own, this is unknown.
ORIGIN_UNREACHED = frozenset({503, 521, 522, 523, 525, 526, 529, 530})
# Envoy also sends 503 when a connection that had reached the origin was cut.
CONNECTION_CUT = ("disconnect/reset before headers", "connection termination")
REQUEST_TIMEOUT, CONFLICT = 408, 409
REFUSALS = range(400, 500)

UNSENT, UNANSWERED = SubmitPhase.UNSENT, SubmitPhase.UNANSWERED
ANSWERED, ACCEPTED = SubmitPhase.ANSWERED, SubmitPhase.ACCEPTED
ARRIVALS = (
    Arrival("nothing was sent", UNSENT, False),
    Arrival("its answer was lost", UNANSWERED, True),
    # 499 first: fal also sends it as a model's failure when it saw the connection close.
    Arrival(
        "fal cancelled it, as was asked",
        ANSWERED,
        False,
        statuses={CLIENT_CLOSED_REQUEST},
        types={CANCELLED},
    ),
    Arrival("fal or a proxy saw us go", ANSWERED, True, statuses={CLIENT_CLOSED_REQUEST}),
    Arrival("the model failed: its run is over", ANSWERED, False, errors=(RunFailed,)),
    Arrival(
        "a proxy waited too long, maybe for fal",
        ANSWERED,
        True,
        statuses={REQUEST_TIMEOUT},
    ),
    Arrival(
        "fal names a request that conflicts",
        ANSWERED,
        True,
        statuses={CONFLICT},
        has_request_id=True,
    ),
    # A refusal also has a request id, that of the refused call. An answer of the ingress has none
    # (protocol, section 5.7).
    Arrival("a refusal", ANSWERED, False, statuses=REFUSALS),
    Arrival("fal gave it an id before it failed", ANSWERED, True, has_request_id=True),
    Arrival("fal's own error, before a run began", ANSWERED, False, has_type=True),
    Arrival("a success that means nothing", ANSWERED, True, statuses={200}),
    Arrival("a redirect or the like", ANSWERED, False, statuses=range(500)),
    Arrival(
        "a gateway lost the origin on the way",
        ANSWERED,
        True,
        statuses=ORIGIN_UNREACHED,
        is_cut=True,
    ),
    Arrival("a gateway did not reach the origin", ANSWERED, False, statuses=ORIGIN_UNREACHED),
    Arrival("a gateway's error, which leaves it open", ANSWERED, True),
    Arrival("its outcome was cut off", ACCEPTED, True, types={BROKEN, DISCONNECTED}),
    # With fal's id the answer is fal's own, so the run is over; without, it may be a proxy's page.
    Arrival(
        "an answer that may not be fal's",
        ACCEPTED,
        True,
        errors=(Unreadable,),
        has_request_id=False,
    ),
    Arrival("fal accepted it, and it failed", ACCEPTED, False),
)


class Response(NamedTuple):
    """A row: the reaction to such a failure. None fits any value."""

    why: str
    reaction: Reaction
    is_unconfirmed: bool | None = None
    errors: tuple[type[FalError], ...] = (FalError,)
    transports: Container[str] | None = None
    statuses: Container[int] | None = None
    is_late: bool | None = None
    is_for_now: bool | None = None


OVER_ONE_CONNECTION = frozenset({"sync", "stream", "websocket"})
REACTIONS = (
    Response("fal may be running it", Reaction.UNCONFIRMED, is_unconfirmed=True),
    # Even if it may succeed another time, because it may have been charged.
    Response("a model's own failure", Reaction.FAILED, errors=(RunFailed, Unreadable)),
    # A gateway without a free machine sends 503 soon, a model's server that stops at any time.
    Response(
        "a late 503 may be the model's",
        Reaction.UNCONFIRMED,
        transports=OVER_ONE_CONNECTION,
        statuses={503},
        is_late=True,
        is_for_now=True,
    ),
    Response("it was rejected for now", Reaction.SEND_AGAIN, is_for_now=True),
    Response("it was rejected for good", Reaction.FAILED),
)


def phase_of(error: FalError) -> SubmitPhase:
    """The phase of an error of one request whose answer was not a success."""
    if isinstance(error, Unreachable):
        return SubmitPhase.UNANSWERED if error.sent else SubmitPhase.UNSENT
    return SubmitPhase.ANSWERED


def arrival(error: FalError, phase: SubmitPhase, *, has_request_id: bool | None = None) -> Arrival:
    """The first row of ARRIVALS that fits."""
    has_id = bool(error.request_id) if has_request_id is None else has_request_id
    is_cut = any(phrase in str(error.detail) for phrase in CONNECTION_CUT)
    return next(
        row
        for row in ARRIVALS
        if row.phase is phase
        and isinstance(error, row.errors)
        and (row.statuses is None or (error.status or 0) in row.statuses)
        and (row.types is None or error.type in row.types)
        and row.has_type in (None, error.type is not None)
        and row.has_request_id in (None, has_id)
        and row.is_cut in (None, is_cut)
    )


def judged(error: E, phase: SubmitPhase, *, has_request_id: bool | None = None) -> E:
    """Set `is_unconfirmed` of a submit's or run's error by ARRIVALS, and return the error (C25).

    `has_request_id` says whether the answer has one, if the error's is not from the answer.
    """
    error.is_unconfirmed = arrival(error, phase, has_request_id=has_request_id).may_have_it
    return error


def response(error: FalError, transport: str, *, is_for_now: bool, is_late: bool) -> Response:
    """The first row of REACTIONS that fits."""
    return next(
        row
        for row in REACTIONS
        if isinstance(error, row.errors)
        and row.is_unconfirmed in (None, error.is_unconfirmed)
        and (row.transports is None or transport in row.transports)
        and (row.statuses is None or error.status in row.statuses)
        and row.is_late in (None, is_late)
        and row.is_for_now in (None, is_for_now)
    )


def reaction_to(
    error: FalError, transport: str, *, is_for_now: bool, is_late: bool = False
) -> Reaction:
    """What happens to a run whose submit failed with a judged error.

    `is_for_now`: the same call may succeed later, by the error or because the account is refused.
    `is_late`: the error came later than a gateway's rejection would.
    """
    return response(error, transport, is_for_now=is_for_now, is_late=is_late).reaction
