"""What a report says of a board, as plain values: what its page shows, and what freezing keeps."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal
from typing import Any, TypeVar

from core.formatting import counted

MONEY = {"cost", "price_per_win", "unit_price"}  # fields that JSON holds as texts
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Part = TypeVar("Part")


@dataclass(frozen=True)
class Candidate:
    """A model of the board with one choice of settings; money is in `currency`, times in seconds.

    `cost` and `seconds` are medians per result. `low` and `high` are the 95 % interval of
    `percent`, its share of the blind votes on it, in which a tie counts half.
    """

    key: int = 0  # of its column
    name: str = ""
    endpoint_id: str = ""
    settings: str = ""
    license: str = ""
    list_price: str = ""
    unit_price: Decimal | None = None
    currency: str = ""
    results: int = 0
    failed: int = 0
    cost: Decimal | None = None
    seconds: float | None = None
    votes: int = 0
    wins: int = 0
    ties: int = 0
    percent: int | None = None
    low: int | None = None
    high: int | None = None
    ranks: str = ""  # "1", "2 to 4"; empty where the votes tell none apart
    unclear: list[int] = field(default_factory=list)  # too few votes to tell it from these
    rows_won: int = 0
    stars: float | None = None
    passed: int = 0
    judged: int = 0  # how many results passed or failed
    price_per_win: Decimal | None = None
    schema: str = ""  # the digest of what it takes and gives
    refusal: str = ""  # why it cannot be run any more, or should not be, in a sentence

    @property
    def span(self) -> int:
        """Return how wide its interval is, in per cent."""
        return (self.high or 0) - (self.low or 0)

    @property
    def interval(self) -> str:
        """Return `62 to 79 %`; empty without votes."""
        return "" if self.low is None else f"{self.low} to {self.high} %"


@dataclass(frozen=True)
class Judging:
    """How the results were judged, and by how many; no names."""

    votes: int = 0
    voters: int = 0
    guests: int = 0  # of the voters
    is_by_maker: bool = False  # whether the maker of the board is one of the voters
    agreement: str = ""  # between voters, in a sentence
    rows_won: int = 0  # rows whose winner was chosen
    starred: int = 0  # results with stars
    decided: int = 0  # results that passed or failed
    unjudged: int = 0  # results that nobody has judged

    @property
    def is_empty(self) -> bool:
        """Whether nobody has judged anything."""
        return not (self.votes or self.rows_won or self.starred or self.decided)


@dataclass(frozen=True)
class TagVerdict:
    """What the blind votes say of the inputs and results with a tag; `best` is a candidate's key.

    It is 0 where no candidate is better than each of the others.
    """

    tag: str = ""
    votes: int = 0
    best: int = 0


@dataclass(frozen=True)
class Pick:
    """One of the best or worst results: which run, and what was said of it."""

    run: str = ""
    candidate: int = 0
    row: int = 0  # its number, from 1
    prompt: str = ""
    facts: str = ""


@dataclass(frozen=True)
class Failure:
    """How often runs of a candidate failed for one reason: its kind, and upstream's words."""

    candidate: int = 0
    kind: str = ""
    words: str = ""
    count: int = 0


@dataclass(frozen=True)
class LeftOut:
    """Something that is on the board or was planned for it, and is not in the report.

    `name` is a model that is no candidate, for what is about one.
    """

    words: str = ""
    name: str = ""


@dataclass(frozen=True)
class Content:
    """All that a report says of its board, without the sentences that people wrote for it."""

    title: str = ""
    taken: int = 0  # the key of the candidate that was decided for; 0: none yet
    taken_why: str = ""
    rows: int = 0
    cells: int = 0
    results: int = 0
    candidates: list[Candidate] = field(default_factory=list)  # best first, where that is known
    judging: Judging = field(default_factory=Judging)
    by_tag: list[TagVerdict] = field(default_factory=list)
    best: list[Pick] = field(default_factory=list)
    worst: list[Pick] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def size(self) -> str:
        """Return `3 models on 8 inputs, 24 results`."""
        models = counted(len(self.candidates), "model")
        return f"{models} on {counted(self.rows, 'input')}, {counted(self.results, 'result')}"

    @property
    def has_ranks(self) -> bool:
        """Whether the votes tell any two candidates apart."""
        return any(one.ranks for one in self.candidates)

    @property
    def by_key(self) -> dict[int, Candidate]:
        """Return the candidates by their keys."""
        return {candidate.key: candidate for candidate in self.candidates}

    @property
    def runs(self) -> set[str]:
        """Return the keys of the runs whose results it shows."""
        return {pick.run for pick in (*self.best, *self.worst)}

    def name_of(self, key: int) -> str:
        """Return the name of the candidate with this key."""
        candidate = self.by_key.get(key)
        return candidate.name if candidate else "A model"

    def without_prices(self) -> Content:
        """Return it for who must not see money."""
        no_money: dict[str, Any] = dict.fromkeys(MONEY)
        cheap = [replace(each, list_price="", **no_money) for each in self.candidates]
        return replace(self, candidates=cheap)

    def without_models(self) -> Content:
        """Return it for who must not see which models these are: they are called A, B, …"""
        by_age = sorted(candidate.key for candidate in self.candidates)
        letters = {key: _letter(place) for place, key in enumerate(by_age)}
        hidden: dict[str, Any] = {
            "endpoint_id": "",
            "settings": "",
            "license": "",
            "list_price": "",
            "refusal": "",
        }
        return replace(
            self,
            candidates=[
                replace(one, name=f"Model {letters[one.key]}", **hidden) for one in self.candidates
            ],
            taken_why="",
            failures=[replace(failure, words="") for failure in self.failures],
            left_out=[one for one in self.left_out if not one.name],
        )

    def as_json(self) -> dict[str, Any]:
        """Return it in values that JSON has; `read` is the inverse."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def read(stored: dict[str, Any]) -> Content:
    """Return the content that `as_json` made, also one that an earlier release has kept."""
    return _made(
        Content,
        stored,
        candidates=[_made(Candidate, value) for value in stored.get("candidates", [])],
        judging=_made(Judging, stored.get("judging", {})),
        by_tag=[_made(TagVerdict, value) for value in stored.get("by_tag", [])],
        best=[_made(Pick, value) for value in stored.get("best", [])],
        worst=[_made(Pick, value) for value in stored.get("worst", [])],
        failures=[_made(Failure, value) for value in stored.get("failures", [])],
        left_out=[_made(LeftOut, value) for value in stored.get("left_out", [])],
    )


def _made(kind: type[Part], stored: dict[str, Any], **parts: Any) -> Part:
    """Return a part from its stored fields; unknown ones are ignored, absent ones have defaults."""
    names = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    known = {name: value for name, value in stored.items() if name in names}
    sums = {name: Decimal(known[name]) for name in MONEY & known.keys() if known[name] is not None}
    return kind(**{**known, **sums, **parts})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Decimal) else value


def _letter(place: int) -> str:
    """Return `A`, `B`, … and `A2` after `Z`."""
    turn, letter = divmod(place, len(LETTERS))
    return f"{LETTERS[letter]}{turn + 1 if turn else ''}"
