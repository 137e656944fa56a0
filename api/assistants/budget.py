"""The budget of an assistant's session: the interface for tools, and a session in memory.

Imports nothing from Django: the command line, which may use a remote Vitrine, needs it too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from api.assistants.caller import Caller, Refused
from api.spending import CapExceeded, Charge, spent_after, spent_in_session


class Budget(Protocol):
    """Makes the paid calls of one session."""

    async def left(self) -> Decimal:
        """Return what the session may still spend."""

    async def start(
        self, amount: Decimal | None, path: str, body: Any, project: str = "", consent: str = ""
    ) -> Any:
        """Post to an operation that may cost `amount`; raises Refused, also for the cap.

        If the cost is unknown (None), the call counts as all that is left until the cost is known.
        The run lives in the project with the slug `project`, by default in the token's. `consent`
        is the id of the question that the person has answered with yes, if there was one.
        """


class ProcessBudget:
    """The session of this process, `vitrine mcp`, which serves one assistant, perhaps remotely."""

    def __init__(
        self,
        caller: Caller,
        cap: Decimal,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._caller = caller
        self._cap = cap
        self._clock = clock
        self._spent = Decimal(0)
        self._paid_at = clock()

    async def left(self) -> Decimal:
        """Return what the session may still spend."""
        return self._cap - spent_in_session(self._spent, self._paid_at, self._clock())

    async def start(
        self, amount: Decimal | None, path: str, body: Any, project: str = "", consent: str = ""
    ) -> Any:
        """Post to an operation that may cost `amount`; raises Refused, also for the cap.

        The amount counts from before the call, since calls overlap, and no longer once the server
        refuses it. After a lost response it keeps counting: the run may exist.
        """
        now = self._clock()
        before = spent_in_session(self._spent, self._paid_at, now)
        try:
            self._spent = spent_after(Charge(amount, self._cap), self._spent, self._paid_at, now)
        except CapExceeded as exceeded:
            raise Refused(str(exceeded)) from exceeded
        self._paid_at, counted_sum = now, self._spent - before
        try:
            return await self._caller.call(
                "POST", path, body, project=project or None, consent=consent or None
            )
        except Refused as problem:
            if 400 <= problem.status < 500:
                self._spent = max(self._spent - counted_sum, Decimal(0))
            raise
