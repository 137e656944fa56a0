"""What the runs that one process follows share, of all hosts and models."""

from __future__ import annotations

from dataclasses import dataclass, field

from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.following.poll_pacing import PollPacing
from runs.worker.following.stream_support import StreamSupport
from runs.worker.following.turn_taking import TurnTaking


@dataclass(frozen=True)
class FollowContext:
    """When a followed run may ask its host, how often it polls, and whether it can be streamed."""

    breakers: BreakerRegistry
    polls: PollPacing = field(default_factory=PollPacing)
    streams: StreamSupport = field(default_factory=StreamSupport)
    turns: TurnTaking = field(default_factory=TurnTaking)
