"""Why a run waits, in one sentence each: the run's note, which every page shows.

In the order in which they take precedence: nobody can send it (`runs/progress/worker_status.py`),
an open circuit breaker or a refused account, our own limits, fal's limit for the account, and
fal's queue.
"""

from __future__ import annotations

from core.formatting import counted

GOES_ON = " The run continues by itself."
MOST_CHARS = 200
ACCOUNT = "The run perhaps waits for fal's limit"  # begins the sentences about it
TURN = "The run waits for its turn"


def in_trouble(trouble: str) -> str:
    """Return that upstream, or the account there, has to recover first; empty without trouble."""
    return trouble[:MOST_CHARS] + GOES_ON if trouble else ""


def own_limit(count: int, whose: str) -> str:
    """Return that a limit of ours is reached; `whose` is such as "yours"."""
    verb = "is" if count == 1 else "are"
    return f"{TURN}: {counted(count, 'run')} of {whose} {verb} under way."


def account_limit(limit: int) -> str:
    """Return that as many runs are in progress as fal seems to allow to this account."""
    return f"{ACCOUNT}: this account seems to run {limit} at once, and that many are in progress."


def in_queue(ahead: int) -> str:
    """Return the place in upstream's queue of a model, to follow the state."""
    return f", {counted(ahead, 'run')} ahead" if ahead else ", next in line"


def concerns_all_models(note: str) -> bool:
    """Whether a run of another model would wait for the same reason."""
    return note.startswith((ACCOUNT, TURN)) or note.endswith(GOES_ON)
