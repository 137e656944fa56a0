"""Holds back new runs while upstream refuses the whole account: its key, or its balance.

Otherwise every submit would be refused, and four hundred runs of a board would fail at once.
Instead they wait: one run at a time probes the account after a pause that doubles, and the first
accepted run lets all others go. Only an accepted run proves that the account works: with an
exhausted balance upstream still answers queries about its runs, so a host's circuit breaker stays
closed.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from runs.results.refusals import KEY_REFUSED, Refusal

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
PROBE_TIMEOUT_S = 15.0  # a probe without an outcome then no longer blocks the next one

_random = random.SystemRandom()


class AccountGate:
    """Decides whether new runs may be sent. `now` returns monotonic seconds."""

    def __init__(self, now: Callable[[], float], on_change: Callable[[], None]) -> None:
        self.now = now
        self._on_change = on_change
        self._refusal: Refusal | None = None
        self._refused_at = 0.0
        self._closed_until = 0.0
        self._pause_s = 0.0
        # Models refused because of the key, and whether another was accepted since.
        self._refused_models: dict[str, bool] = {}

    @property
    def is_open(self) -> bool:
        """Whether any number of runs may be sent."""
        return self._refusal is None

    @property
    def trouble(self) -> str:
        """Return what is wrong with the account and who can resolve it; empty if all is well."""
        return "" if self._refusal is None else self._refusal.sentence

    def may_submit(self) -> bool:
        """Whether a run may be sent now; if the gate is closed, as the only probe."""
        return self.is_open or self.now() >= self._closed_until

    def record_submit(self) -> None:
        """Record that a run is being sent; if the gate is closed, the run is the probe."""
        if not self.is_open:
            self._closed_until = self.now() + PROBE_TIMEOUT_S

    def record_refused(self, refusal: Refusal, model: str, sent_at: float) -> bool:
        """Record that a run was refused; return False if only its model is concerned.

        fal also answers 401 for another account's model: the key is fine if a run of another model
        was accepted since this model's run was refused.
        """
        if refusal.kind == KEY_REFUSED and self._refused_models.setdefault(model, False):
            return False
        former_refusal, self._refusal = self._refusal, refusal
        # The run was sent before the refusal that closed the gate.
        if former_refusal and sent_at < self._refused_at:
            return True
        self._refused_at = self.now()
        self._pause_s = min(max(self._pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self._closed_until = self._refused_at + self._pause_s * _random.uniform(0.75, 1.25)
        if former_refusal is not refusal:
            self._on_change()
        return True

    def record_taken(self, model: str, sent_at: float) -> None:
        """Record that upstream accepted a run; ignored if sent before the account's refusal."""
        if sent_at < self._refused_at:
            return
        self._refused_models.pop(model, None)
        self._refused_models = dict.fromkeys(self._refused_models, True)
        self._pause_s = 0.0
        if self._refusal:
            self._refusal = None
            self._on_change()
