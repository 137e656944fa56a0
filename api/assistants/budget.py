"""A spending cap for each assistant's session, by the estimates of the runs that it starts.

Counted in this process's memory: the cap stops an assistant that never stops by itself; it is not
the team's budget.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal

MAX_SESSIONS = 1000
SESSION_S = 3600.0  # without a paid run, after which the cap starts anew


class Budget:
    """What a session may still spend, in the prices' currency."""

    def __init__(self, cap: Decimal, clock: Callable[[], float] = time.monotonic) -> None:
        self.cap = cap
        self._clock = clock
        self._spent = Decimal(0)
        self._at = clock()

    @property
    def left(self) -> Decimal:
        """Return how much is left."""
        if self._clock() - self._at > SESSION_S:
            self._spent = Decimal(0)
        return self.cap - self._spent

    def spend(self, amount: Decimal) -> None:
        """Count the cost of a run."""
        self._spent = self.cap - self.left + amount
        self._at = self._clock()


class Budgets:
    """The budgets of all sessions, by key; the least recently used are dropped."""

    def __init__(self, cap: Decimal) -> None:
        self._cap = cap
        self._budgets: OrderedDict[str, Budget] = OrderedDict()

    def of(self, key: str) -> Budget:
        """Return the budget of a session."""
        budget = self._budgets.pop(key, None) or Budget(self._cap)
        self._budgets[key] = budget
        while len(self._budgets) > MAX_SESSIONS:
            self._budgets.popitem(last=False)
        return budget
