"""Both databases find the same results for a search line as a reference written in Python."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.library import full_text
from features.library.full_text import Clause, Phrase
from features.library.models import DueEntry, SearchEntry
from features.library.search import indexing, matching
from features.library.search.line import parse_line
from projects.models import Project
from runs.models import InputFile, Run
from tests.sampling import sample

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


@pytest.fixture
def results(make_run: Any, make_endpoint: Any) -> dict[str, Run]:
    """Runs of several kinds, by name; the search index has none of them yet."""
    make_run().delete()
    film = make_endpoint("a/film", display_name="Film", unit_price_usd=Decimal("0.5"))
    ended = {"state": "succeeded", "ended_at": timezone.now()}
    image = {"images": [{"url": "https://v3.fal.media/x.png"}], "seed": 41}
    return {
        "fox": make_run(
            title="A red FOX in the snow", arguments={"prompt": "A red FOX in the snow"},
            output=image, is_starred=True, **ended,
        ),
        "füchse": make_run(title="zwei Füchse 🦊", output={"text": "schlau, sagt man"}, **ended),
        "猫": make_run(title="一只可爱的猫咪", output=image, **ended),
        "film": make_run(
            title="fox runs", endpoint=film, billable_units="3", **ended,
            arguments={"image_url": "/uploads/0b0b0b0b-0000-4000-8000-000000000000/red bird.jpg"},
            output={"video": {"url": "https://v3.fal.media/x.mp4"}},
        ),
        "failed": make_run(title="a snow fox", state="failed", ended_at=timezone.now()),
    }  # fmt: skip


LINES = [
    ("fox", {"fox", "film", "failed"}),
    ('"red fox"', {"fox"}),
    ('"fox red"', set()),
    ("fuchs", {"füchse"}),
    ("Füchse", {"füchse"}),
    ("🦊", {"füchse"}),
    ("猫", {"猫"}),
    ("可爱", {"猫"}),
    ("schlau", {"füchse"}),
    ("bird", {"film"}),
    ("0b0b0b0b-0000-4000-8000-000000000000", {"film"}),
    ("x.png", {"fox", "猫"}),
    ("-fox", {"füchse", "猫"}),
    ("fox -snow", {"film"}),
    ("out:image", {"fox", "猫"}),
    ("out:video,text", {"film", "füchse"}),
    ("-out:image", {"füchse", "film", "failed"}),
    ("in:image", {"film"}),
    ("seed:41", {"fox", "猫"}),
    ("cost:>1", {"film"}),
    ("state:failed", {"failed"}),
    ("-state:failed fox", {"fox", "film"}),
    ("model:film", {"film"}),
    ("starred", {"fox"}),
    ("after:today", {"fox", "füchse", "猫", "film", "failed"}),
    ("before:today", set()),
    ("by:me fox", {"fox", "film", "failed"}),
]


@pytest.mark.parametrize("few", [1000, 0])
@pytest.mark.parametrize("is_indexed", sample([True, False], 2, by_seed=0))
def test_a_line_finds_what_it_asks_for(results, user, monkeypatch, few, is_indexed):
    # with 0, the query walks the runs in the order of time
    monkeypatch.setattr(matching, "FEW", few)
    if is_indexed:
        indexing.index_all()
        assert not DueEntry.objects.exists()
    names = {run.pk: name for name, run in results.items()}
    for text, expected in LINES:
        if "cost" in text and not is_indexed:
            continue  # a run's cost is known only after it is indexed
        runs = matching.matching(Run.objects.kept(), parse_line(text), user)
        assert {names[run.pk] for run in runs} == expected, text


def test_no_search_reads_the_whole_index_while_a_run_waits_for_its_entry(
    results, user, monkeypatch
):
    """PostgreSQL would read all matches of a subquery that stands beside another condition."""
    monkeypatch.setattr(matching, "FEW", 0)
    indexing.index_all()
    SearchEntry.objects.filter(run=results["fox"]).delete()
    DueEntry.objects.create(run=results["fox"])
    runs = matching.matching(Run.objects.kept(), parse_line("fox"), user).order_by("-created_at")
    assert results["fox"] in runs
    assert "SubPlan" not in runs.explain()


WORDS = st.sampled_from(["fox", "fo", "red", "snow", "猫", "=out:image", "=all"])
PHRASES = st.builds(
    Phrase, st.lists(WORDS, min_size=1, max_size=3).map(tuple), st.booleans()
).filter(lambda phrase: not phrase.is_open or phrase.words[-1].isalnum())
CLAUSES = st.builds(Clause, st.lists(PHRASES, min_size=1, max_size=2).map(tuple), st.booleans())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.lists(WORDS, min_size=1, max_size=6), min_size=1, max_size=3),
    clauses=st.lists(CLAUSES, max_size=3),
)
def test_the_index_agrees_with_the_reference(results, texts, clauses):
    words = " ".join(["=all", *(" == ".join(" ".join(text) for text in texts).split())])
    run = results["fox"]
    SearchEntry.objects.filter(run=run).delete()
    SearchEntry.objects.create(id=1, run=run, words=words)
    every = [Clause((Phrase(("=all",)),)), *clauses]
    expected = full_text.holds(every, words)
    for lookup in ("matches", "holds"):
        entries = SearchEntry.objects.filter(run=run, **{f"words__{lookup}": every})
        assert entries.exists() is expected, (words, clauses, lookup)


def test_what_changes_is_indexed_again(results, user):
    indexing.index_all()
    run = results["failed"]
    project = Project.objects.create(name="Posters", slug="posters")
    Run.objects.filter(pk=run.pk).update(project=project)
    assert [due.run_id for due in DueEntry.objects.all()] == [run.pk]
    indexing.index_all()
    within = matching.scope("project", project.pk)
    runs = matching.matching(Run.objects.kept(), parse_line("fox"), user, within)
    assert [match.pk for match in runs] == [run.pk]
    run.delete()
    assert SearchEntry.objects.count() == 4
    assert not list(matching.matching(Run.objects.kept(), parse_line("fox"), user, within))


def test_used_is_only_told_of_uses_that_the_reader_may_see(results, user, stranger, make_run):
    def used() -> set[Any]:
        indexing.index_all()
        runs = matching.matching(Run.objects.owned_by(user), parse_line("used"), user)
        return {run.pk for run in runs}

    hidden = make_run(user=stranger)
    InputFile.objects.create(run=hidden, source=results["fox"].pk)
    assert used() == set()
    InputFile.objects.create(run=results["film"], source=results["fox"].pk)
    assert used() == {results["fox"].pk}


def test_a_result_is_found_as_used_as_soon_as_its_user_is_indexed(results, user, make_run):
    """Only the purge recorded which files a run uses, so `used` found nothing for up to an hour."""
    make_run(arguments={"image_url": f"/runs/{results['fox'].pk}/artifacts/0/"})
    indexing.index_all()
    runs = matching.matching(Run.objects.owned_by(user), parse_line("used"), user)
    assert [run.pk for run in runs] == [results["fox"].pk]
