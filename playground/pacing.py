"""How each of upstream's hosts is, and when it may be asked again: one breaker a host, not one timer a run.

A host that does not answer, answers with errors, asks for patience or gives what nobody
can read is left alone for a while that grows; then one request tries it, and when that
goes well the others follow, spread out. Two thousand runs ask a host that is down no
more often than one. What errs about one model while others are well is that model's own
matter: nobody else waits for it.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

import fal

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A host that answers may be well for everybody but one request: then nobody waits for long.
LONGEST_PAUSE_ANSWERING_S = 5.0
LONGEST_ASKED_FOR_S = 120.0
ERRORS_IN_A_ROW = 3  # are told; of different requests, they close: one may fail for itself alone
FOLLOWERS_TRY_S = 10.0  # then a new run may, since all that are followed may fail for themselves
FOLLOWERS_TRY_ANSWERING_S = 3.0
PROBE_S = 15.0  # a try that was never heard of again does not keep the others out for ever
TROUBLE_LASTS_S = 300.0  # of a host that nobody has asked since
STREAM_AGAIN_S = 600.0  # a model without a status stream may have one after its next deployment
BACK_PER_S = 200.0
POLLS_PER_S = 100.0
KNOWN_MODELS = 256  # of a host; files are each a model of their own here

_random = random.SystemRandom()


class About(NamedTuple):
    """What an answer was about: the address of the model, and the request's id; a submit has none."""

    model: str = ""
    request_id: str = ""

    @classmethod
    def of(cls, url: str) -> About:
        """As an address of the queue tells it."""
        model, _, rest = urlsplit(url).path.partition("/requests/")
        return cls(model.rstrip("/"), rest.partition("/")[0])


NOTHING = About()


class Host:
    """One host: whether it is well, what ails it, who waits for it."""

    def __init__(self, name: str, now: Callable[[], float]) -> None:
        self.name = name
        self._trouble = ""
        self._trouble_until = math.inf
        self._now = now
        self._errors = 0  # since the last answer that was well
        self._erring: set[object] = set()  # what they were about
        self._send_from = 0.0
        self._pause_s = 0.0
        self._closed_until = 0.0
        self._is_closed_to_new = False  # and to no others
        self._probe_until = 0.0
        self._crowd = 0
        self._answers = 0
        # Models that take no more for now, since the last answer that was well.
        self._busy: set[str] = set()
        self._garbled: set[str] = set()  # models whose answers look well, and nobody can read
        self._ill: dict[str, int] = {}  # models whose answers err, and since which answer
        self._well: OrderedDict[str, int] = OrderedDict()  # the others, and as of which
        self._back = asyncio.Event()
        self._back.set()

    @property
    def is_well(self) -> bool:
        """Whether anybody may ask."""
        return self._back.is_set()

    @property
    def trouble(self) -> str:
        """What ails it, in a sentence; empty when nothing does, or nobody has asked it for long."""
        return self._trouble if self._now() < self._trouble_until else ""

    @property
    def is_due(self) -> bool:
        """Whether somebody may ask now: anybody, or one that tries."""
        return self.is_well or self._now() >= max(self._closed_until, self._probe_until)

    def may_send(self, has_followers: bool) -> bool:
        """Whether a new run may go: where others follow theirs it is they who try, but not for ever."""
        if self.is_well or not has_followers:
            return self.is_due
        return self._now() >= max(self._send_from, self._probe_until)

    def sends(self) -> None:
        """Take note that a new run goes; while the host is in trouble it tries it."""
        if not self.is_well:
            self._send_from = self._now() + FOLLOWERS_TRY_S
            self._probe_until = self._now() + PROBE_S

    def may_ask(self) -> bool:
        """Whether the caller may ask now; while the host is in trouble, one at a time may try."""
        if not self.is_due:
            return False
        if not self.is_well:
            self._probe_until = self._now() + PROBE_S
        return True

    async def turn(self) -> None:
        """Wait until the host may be asked about what it has."""
        while not (self._is_closed_to_new or self.may_ask()):
            self._crowd += 1
            try:
                pause_s = max(self._closed_until, self._probe_until) - self._now()
                async with asyncio.timeout(max(pause_s, 0.01) * _random.uniform(1, 1.1)):
                    await self._back.wait()
                await asyncio.sleep(_random.uniform(0, self._crowd / BACK_PER_S))
            except TimeoutError:
                continue
            finally:
                self._crowd -= 1

    def heard(self, error: fal.FalError | None, about: About = NOTHING) -> None:
        """Take note of an answer, or of what came instead of one."""
        self._answers += 1
        ailment = _ailment(error)
        if error is None or not ailment:
            self._probe_until = 0.0
            if about.model not in self._garbled:  # else it answers, and nobody can read it
                self._be_well(about.model)
            return
        if isinstance(error, fal.AuthFailed):  # waiting would not help
            self._trouble, self._trouble_until = f"{self.name} {ailment}", math.inf
            return
        is_away = isinstance(error, fal.Unreachable) and not error.sent
        is_told = isinstance(error, fal.RateLimited) and not about.request_id
        self._be_ill(about.model)
        if not (is_away or is_told) and self._is_its_own(about.model):
            self._probe_until = 0.0
            return
        self._errors += 1
        self._erring.add(about.request_id or object())
        if is_told:
            self._busy.add(about.model)
        if is_away or is_told or len(self._erring) >= ERRORS_IN_A_ROW:
            # One model's patience is that of who asked it; others may be taken by the next try.
            is_everybodys = is_told and len(self._busy) > 1
            self._close(is_away, error.retry_after_s if is_everybodys else None)
            self._is_closed_to_new = is_told
        if not self.is_well or self._errors >= ERRORS_IN_A_ROW:
            self._trouble = f"{self.name} {ailment}"
            self._trouble_until = self._now() + TROUBLE_LASTS_S

    def note_late(self) -> None:
        """Take note that an answer takes long; the next one that comes says that it is well again."""
        if not self.trouble:
            self._trouble = f"{self.name} takes long to answer."
            self._trouble_until = self._now() + TROUBLE_LASTS_S

    def read(self, error: fal.FalError | None, about: About) -> None:
        """Take note that an answer could be read, or that it could not."""
        if error is not None:
            self._garbled.add(about.model)
            self.heard(error, about)
        elif self._ill or not self.is_well:  # else nothing is new
            self._garbled.discard(about.model)
            self.heard(None, about)

    def _be_well(self, model: str) -> None:
        self._ill.pop(model, None)
        self._well[model] = self._answers
        self._well.move_to_end(model)
        if len(self._well) > KNOWN_MODELS:
            self._well.popitem(last=False)
        self._erring.clear()
        self._busy.clear()
        self._errors, self._pause_s = 0, 0.0
        self._trouble = ""
        self._is_closed_to_new = False
        self._back.set()

    def _be_ill(self, model: str) -> None:
        self._ill.setdefault(model, self._answers)
        if len(self._ill) > KNOWN_MODELS:
            oldest = next(iter(self._ill))
            del self._ill[oldest]
            self._garbled.discard(oldest)

    def _is_its_own(self, model: str) -> bool:
        """Whether another model has been well since this one was not, and still is."""
        since = self._ill[model]
        return any(at > since for other, at in self._well.items() if other not in self._ill)

    def _close(self, is_away: bool, asked_for_s: float | None) -> None:
        now = self._now()
        if now < self._closed_until:  # asked before it was closed, heard of after
            return
        longest = LONGEST_PAUSE_S if is_away else LONGEST_PAUSE_ANSWERING_S
        self._pause_s = min(max(self._pause_s * 2, FIRST_PAUSE_S), longest)
        asked_for = min(asked_for_s or 0.0, LONGEST_ASKED_FOR_S)
        pause_s = asked_for or self._pause_s * _random.uniform(0.75, 1.25)
        if self.is_well:
            try_s = FOLLOWERS_TRY_S if is_away else FOLLOWERS_TRY_ANSWERING_S
            self._send_from = now + max(try_s, asked_for)
        self._closed_until, self._probe_until = now + pause_s, 0.0
        self._well.clear()  # what was well before says nothing any more
        self._back.clear()


class Pace:
    """All hosts that this process asks, how many runs are being polled, and whose models have no stream."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._hosts: dict[str, Host] = {}
        self._polled = 0
        self._no_stream_until: dict[str, float] = {}
        self._reading = asyncio.Lock()
        self.has_news = asyncio.Event()  # somebody's trouble began or ended

    def host(self, url: str) -> Host:
        """The host of an address."""
        name = urlsplit(url).netloc
        if name not in self._hosts:
            self._hosts[name] = Host(name, self._now)
        return self._hosts[name]

    async def turn(self, url: str) -> None:
        """Wait until the host of `url` may be asked."""
        await self.host(url).turn()

    def heard(self, url: str, error: fal.FalError | None) -> None:
        """Take note of how a request to `url` went."""
        host = self.host(url)
        self._tell(host, partial(host.heard, error, About.of(url)))

    def read(self, url: str, error: fal.FalError | None = None) -> None:
        """Take note of whether an answer from `url`, which looked well, could be read."""
        host = self.host(url)
        if error is None or (isinstance(error, fal.UpstreamFailed) and (error.status or 0) < 500):
            self._tell(host, partial(host.read, error, About.of(url)))

    def late(self, url: str) -> None:
        """Take note that `url` takes long to answer."""
        host = self.host(url)
        self._tell(host, host.note_late)

    def _tell(self, host: Host, note: Callable[[], None]) -> None:
        before = host.trouble
        note()
        if host.trouble != before:
            self.has_news.set()

    def may_stream(self, endpoint_id: str) -> bool:
        """Whether to try the status stream of this model's runs: not for a while after it had none."""
        return self._now() >= self._no_stream_until.get(endpoint_id, 0.0)

    def note_no_stream(self, endpoint_id: str) -> None:
        """Upstream knows a run of this model, and has no status stream of it."""
        if self.may_stream(endpoint_id):
            self._no_stream_until[endpoint_id] = self._now() + STREAM_AGAIN_S

    @contextmanager
    def polled(self) -> Generator[None]:
        """Around the pause between two polls of a run: it counts among those that are polled."""
        self._polled += 1
        try:
            yield
        finally:
            self._polled -= 1

    async def give_way(self) -> None:
        """Let everybody else go on first; of streams that never pause one reads on at a time."""
        async with self._reading:
            await asyncio.sleep(0)

    def poll_pause_s(self, wanted_s: float) -> float:
        """A pause between two polls of a run: at least `wanted_s`, longer when very many are polled."""
        return max(wanted_s, self._polled / POLLS_PER_S) * _random.uniform(0.9, 1.1)

    @property
    def trouble(self) -> str:
        """What ails upstream, in sentences; empty when nothing does."""
        return " ".join(host.trouble for host in self._hosts.values() if host.trouble)


def _ailment(error: fal.FalError | None) -> str:
    """What an error says of the host itself; empty when it is one request's own matter."""
    if isinstance(error, fal.Unreachable):
        return "does not answer."
    if isinstance(error, fal.RateLimited):
        return "asks us to slow down."
    if isinstance(error, fal.AuthFailed):
        return "does not accept the key." if error.status == 401 else ""
    if isinstance(error, fal.UpstreamFailed):
        is_error = (error.status or 0) >= 500
        return f"answers with errors ({error.status})." if is_error else "gives unreadable answers."
    return ""
