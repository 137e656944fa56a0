"""The figures and words on every page."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.formatting import counted, duration, exactly, money

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1200, "1,200 runs")]
)
def test_a_count_has_its_noun(count: int, text: str) -> None:
    assert counted(count, "run") == text


# A count that may be one, in a text in Python or in a template: it has to use `counted`.
UNCOUNTED = re.compile(
    r"(?:\{(?!counted|[A-Z_.]+\b)[^{}]*\}|\}\}(?:</\w+>)?) "
    r"(?:runs|models|files|rows|variations|results|tokens|boards|votes)\b"
)
# At least two, limits, or words that are no count
MANY = ("at most", "more than", "or more", "{self.results}")


def test_every_count_is_worded_by_one_function() -> None:
    apps = [
        "accounts",
        "api",
        "catalog",
        "features",
        "house",
        "playground",
        "projects",
        "runs",
        "schemas",
    ]
    # These also print logs and tables of figures.
    others = {ROOT / name for name in ("features/spending", "house/operations")}
    files = [f for app in apps for f in (ROOT / app).rglob("*.py") if not others & {*f.parents}]
    assert {f.relative_to(ROOT).parts[0] for f in files} == {*apps}
    files += [f for f in (ROOT / "templates").rglob("*") if f.suffix in {".html", ".jinja"}]
    lines = (
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in files
        if "migrations" not in file.parts
        for line in file.read_text(encoding="utf-8").splitlines()
        if UNCOUNTED.search(line) and not any(word in line for word in MANY)
    )
    assert list(lines) == []


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.025", "$0.025"),
        ("0.00008", "$0.00008"),
        ("0.012345", "$0.012"),
        ("0.0125", "$0.0125"),
        ("-0.14159", "-$0.14"),
        ("0.9996", "$1.00"),
        ("12", "$12.00"),
        ("1234.5", "$1,234.50"),
        ("0", "$0.00"),
    ],
)
def test_money_has_two_digits_after_its_zeros_or_three_exact_ones(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "text"), [("0.14159", "$0.14159"), ("0.1000", "$0.10"), ("1234.5", "$1,234.50")]
)
def test_an_exact_amount_has_all_its_digits(amount: str, text: str) -> None:
    assert exactly(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.4 s"),
        (9.94, "9.9 s"),
        (12.4, "12 s"),
        (72, "1 min 12 s"),
        (120, "2 min"),
        (3700, "1 h 1 min"),
        (7210, "2 h"),
    ],
)
def test_durations_are_worded(seconds: float, text: str) -> None:
    assert duration(seconds) == text
    assert duration(timedelta(seconds=seconds)) == text
