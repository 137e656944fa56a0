"""Waiting for rows: one query and one answer for all, and nothing kept for clients that left."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvloop
from django.db import OperationalError

from core.live import broker as broker_module
from core.live.broker import Broker, NewerThan, Source, Topic
from core.notify.channel import Signal
from tests.core.live.listening import PATIENCE_S, until, waiting

# after an error, the broker checks the connection
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@dataclass(eq=False)
class House:
    """Rows with versions, with counts of reads and answers; each error is raised once."""

    rows: dict[str, int] = field(default_factory=dict)
    reads: list[list[str]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    answer_errors: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.source = Source("the rows", self.load)
        self.broker = Broker(Signal())

    def load(self, keys: list[str]) -> dict[str, int]:
        self.reads.append(sorted(keys))
        if self.errors:
            raise self.errors.pop()
        return {key: self.rows[key] for key in keys if key in self.rows}

    def read(self) -> dict[str, int | None]:
        """Return the rows that the broker knows."""
        table = self.broker._tables.get(self.source)
        return table.rows if table else {}

    def change(self, **rows: int) -> None:
        self.rows |= rows
        self.broker.signal.set()

    def wait(
        self, topic: Topic[Any, Any, Any], hold_s: float = PATIENCE_S, holder: str = ""
    ) -> asyncio.Task[Any]:
        return asyncio.create_task(self.broker.wait(topic, hold_s, holder))

    def newer(self, key: str, than: int = 0) -> NewerThan[str]:
        return NewerThan(self.source, key, than)


@dataclass(frozen=True)
class Text(Topic[str, int, str]):
    """The rows as a text, due once one is above zero; below 5, it is due `delay_s` later."""

    house: House
    keys: tuple[str, ...] = ()
    delay_s: float = 0.0

    @property
    def source(self) -> Source[str, int]:  # type: ignore[override]
        return self.house.source

    def due_in(self, rows: Mapping[str, int | None]) -> float | None:
        highest = max(rows[key] or 0 for key in self.keys)
        return None if highest == 0 else self.delay_s if highest < 5 else 0.0

    async def answer(self, rows: Mapping[str, int | None]) -> str:
        if self.house.answer_errors:
            raise self.house.answer_errors.pop()
        self.house.answers.append(" ".join(f"{key}{rows.get(key)}" for key in self.keys))
        return self.house.answers[-1]


def serve(house: House, use: Callable[[Broker], Awaitable[Any]]) -> Any:
    """Return `await use(broker)`; assert that then nobody waits and no row is watched."""

    async def main() -> Any:
        async with asyncio.timeout(PATIENCE_S):
            result = await use(house.broker)
        assert house.broker.waiting == 0
        assert not any(table.watching or table.rows for table in house.broker._tables.values())
        return result

    # the event loop of the server
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


def test_a_change_is_read_and_answered_once_for_all_who_wait_for_the_same():
    house = House({"a": 0, "b": 0})

    async def use(broker: Broker) -> Any:
        held = [house.wait(Text(house, ("a", "b"))) for _ in range(50)]
        held += [house.wait(Text(house, ("b",))) for _ in range(50)]
        await waiting(broker, 100)
        await until(house.read)
        house.change(b=7)
        return await asyncio.gather(*held)

    assert serve(house, use) == ["a0 b7"] * 50 + ["b7"] * 50
    assert sorted(house.answers) == ["a0 b7", "b7"]
    assert house.reads == [["a", "b"]] * 2


def test_what_is_newer_already_is_answered_at_once():
    house = House({"a": 3})
    assert serve(house, lambda broker: broker.wait(house.newer("a", 2), PATIENCE_S)) is True


@pytest.mark.parametrize("rows", [{"a": 3}, {}])
def test_without_a_change_there_is_no_answer_after_the_time(rows):
    """Even for a row that does not exist."""
    house = House(rows)
    assert serve(house, lambda broker: broker.wait(house.newer("a", 3), 0.05)) is None


def test_an_answer_that_is_due_later_is_not_put_off_by_more_changes():
    house = House({"a": 0})

    async def use(broker: Broker) -> None:
        held = house.wait(Text(house, ("a",), 0.3))
        await until(house.read)
        version = 0
        while not held.done():
            version = version % 4 + 1
            house.change(a=version)
            await asyncio.sleep(0.05)

    serve(house, use)
    assert len(house.answers) == 1


@pytest.mark.parametrize("is_shutdown", [True, False])
def test_what_is_due_later_is_answered_at_once_for_a_reason(is_shutdown):
    """Reasons: a change that is due sooner, or a shutdown."""
    house = House({"a": 2})

    async def use(broker: Broker) -> Any:
        held = house.wait(Text(house, ("a",), 1000.0))
        await waiting(broker)
        await until(house.read)
        if is_shutdown:
            broker.release_all()
        else:
            house.change(a=5)
        return await held

    assert serve(house, use) == ("a2" if is_shutdown else "a5")


def test_who_leaves_is_forgotten_and_the_others_are_answered():
    house = House({"a": 0})

    async def use(broker: Broker) -> Any:
        leaving, *held = [house.wait(house.newer("a")) for _ in range(5)]
        await waiting(broker, 5)
        leaving.cancel()
        await waiting(broker, 4)
        house.change(a=1)
        return await asyncio.gather(*held)

    assert serve(house, use) == [True] * 4


def test_the_end_of_a_session_answers_only_its_own():
    house = House({"a": 0})

    async def use(broker: Broker) -> list[Any]:
        held = [house.wait(house.newer("a"), holder=holder) for holder in ("x", "y")]
        await waiting(broker, 2)
        broker.release("x")
        broker.release("nobody")
        first = await held[0]
        house.change(a=1)
        return [first, await held[1]]

    assert serve(house, use) == [None, True]


@pytest.mark.parametrize("is_read", [True, False])
def test_a_shutdown_answers_everybody_and_holds_nobody_any_more(is_read):
    """Even clients whose rows are being read, about which nothing is known yet."""
    house = House({"a": 0})

    async def use(broker: Broker) -> list[Any]:
        held = house.wait(house.newer("a"))
        await waiting(broker)
        await until(lambda: house.read() or not is_read)
        broker.release_all()
        return [await held, await broker.wait(house.newer("a"), PATIENCE_S)]

    assert serve(house, use) == [None, None]


def test_rows_that_cannot_be_read_are_an_error_at_first_and_later_read_again():
    house = House({"a": 0}, errors=[OperationalError("gone")])

    async def use(broker: Broker) -> str:
        with pytest.raises(OperationalError):
            await broker.wait(Text(house, ("a",)), PATIENCE_S)
        held = house.wait(Text(house, ("a",)))
        await waiting(broker)
        await until(house.read)
        house.errors.append(OperationalError("gone"))
        house.change(a=7)
        await until(lambda: not house.errors)
        assert not held.done()
        house.change(a=8)
        return str(await held)

    assert serve(house, use) == "a8"


def test_an_answer_that_fails_fails_for_everybody_and_may_be_had_again():
    house = House({"a": 7}, answer_errors=[OperationalError("gone")])

    async def use(broker: Broker) -> list[Any]:
        topic = Text(house, ("a",))
        held = [house.wait(topic) for _ in range(3)]
        failed = await asyncio.gather(*held, return_exceptions=True)
        return [*map(type, failed), await broker.wait(topic, PATIENCE_S)]

    assert serve(house, use) == [OperationalError] * 3 + ["a7"]


def test_a_change_is_found_without_a_notification(monkeypatch):
    monkeypatch.setattr(broker_module, "POLL_DATABASE_S", 0.05)
    house = House({"a": 0})

    async def use(broker: Broker) -> Any:
        held = house.wait(house.newer("a"))
        await waiting(broker)
        house.rows["a"] = 1
        return await held

    assert serve(house, use) is True
