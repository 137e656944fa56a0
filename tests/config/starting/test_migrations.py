"""A database that this code cannot use is refused; a squash's name says what it replaces."""

from itertools import pairwise

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.migrations.loader import MigrationLoader

from config.starting import migrations
from config.starting.migrations import (
    STONES,
    Stone,
    replaced_by,
    require,
)
from core.db.squashes import SQUASHED, Key, is_replaced
from core.version import full_version

ALL = {*MigrationLoader(None).disk_migrations}
SQUASHES = sorted(key for key in ALL if SQUASHED in key[1])


def refusal(recorded: set[Key], *, is_migrated: bool = True) -> str:
    with pytest.raises(ImproperlyConfigured) as refused:
        require(recorded, is_migrated=is_migrated)
    return str(refused.value)


def test_a_migrated_database_is_known_with_or_without_the_names_of_squashes():
    require(ALL, is_migrated=True)
    unsquashed = (ALL - {*SQUASHES}).union(*map(replaced_by, SQUASHES))
    require(unsquashed, is_migrated=True)


@pytest.mark.parametrize("is_migrated", [True, False])
def test_older_code_refuses_a_newer_database(is_migrated):
    later = {("catalog", f"900{n}_later") for n in range(5)}
    sentence = refusal(ALL | later, is_migrated=is_migrated)
    assert sentence.startswith(
        f"the database was migrated by a newer Vitrine; this one, {full_version()}, does not know"
    )
    with pytest.raises(ImproperlyConfigured, match=r"newer Vitrine, 0\.2\.0 \(ab\); this one, "):
        require(ALL | later, is_migrated=is_migrated, migrated_by="0.2.0 (ab)")
    assert "catalog.9000_later, catalog.9001_later, catalog.9002_later and 2 more" in sentence


@pytest.mark.parametrize("squash", SQUASHES)
def test_a_database_between_two_releases_is_refused(squash):
    """Only some of a squash's migrations are applied: Django would end with a traceback."""
    replaced = replaced_by(squash)
    missing = max(replaced)
    sentence = refusal((ALL - {squash}) | replaced - {missing}, is_migrated=False)
    assert f"{'.'.join(missing)} was never applied" in sentence
    assert STONES[0].way in sentence


def test_a_database_of_before_earlier_squashes_is_refused():
    """It has recorded none of the replaced names, so Django would start from the beginning."""
    squash = ("training", "0001_squashed_0003")
    sentence = refusal((ALL - {squash}) | {("training", "0001_initial")}, is_migrated=False)
    assert "training.0001_squashed_0002 was never applied" in sentence


@pytest.mark.parametrize(
    ("migrated_by", "named"),
    [("0.9.0", "v1.4.0"), ("1.3.12", "v1.4.0"), ("1.4.0", "v2.0.0"), ("1.10.0 (9f)", "v2.0.0")],
)
def test_data_that_would_skip_a_version_is_refused_with_the_way(monkeypatch, migrated_by, named):
    """Whatever its migrations are: those that it lacks may no longer exist."""
    monkeypatch.setattr(migrations, "STONES", (Stone("1.4.0"), Stone("2.0.0")))
    with pytest.raises(ImproperlyConfigured) as refused:
        require(ALL, is_migrated=False, migrated_by=migrated_by)
    sentence = str(refused.value)
    assert f"the data is of Vitrine {migrated_by}" in sentence
    assert f"`git checkout {named}`" in sentence
    assert f"`pip install vitrine=={named[1:]}`; `migrate`" in sentence
    assert sentence.endswith("Nothing was changed.")
    require(ALL, is_migrated=False, migrated_by="2.0.0")


@pytest.mark.parametrize("recorded", [set(), ALL - {max(ALL)}], ids=["nothing", "all but the last"])
def test_only_what_migrates_takes_an_unmigrated_database(recorded):
    require(recorded, is_migrated=False)
    sentence = refusal(recorded)
    assert sentence.startswith("the database is not migrated (")
    assert "Run `manage.py migrate` once" in sentence


def numbers(name: str) -> tuple[int, int]:
    """Return the first and last number in a name: a squash may replace earlier squashes."""
    first, _, last = name.partition(SQUASHED)
    return int(first[:4]), int(last or first[:4])


@pytest.mark.parametrize("squash", SQUASHES)
def test_a_squash_is_named_after_the_migrations_it_replaces(squash):
    label, name = squash
    assert all(is_replaced(key, squash) for key in replaced_by(squash))
    first, last = numbers(name)
    named = sorted(numbers(replaced) for _, replaced in replaced_by(squash))
    assert (named[0][0], named[-1][1]) == (first, last)
    assert all(after[0] == before[1] + 1 for before, after in pairwise(named))
    assert not is_replaced((label, f"{last + 1:04}_later"), squash)
    assert not is_replaced((label, f"{first - 1:04}_earlier"), squash)


@pytest.mark.parametrize("squash", SQUASHES)
def test_a_squash_replaces_migrations_of_its_own_app_only(squash):
    others = {app.label for app in apps.get_app_configs()} - {squash[0]}
    assert not any(is_replaced((label, squash[1]), squash) for label in others)
