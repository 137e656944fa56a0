"""Series: started from a selection, ordered, with a cover, and a message for a missing result."""

import html
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from features.library.models import Series, SeriesItem
from features.library.selection import Selection
from features.library.series import items
from projects.models.project import private_project
from runs.models import Run
from tests.features.library.selected import keys, with_files
from tests.projects.people import logged_in, make_project, person, working_in
from tests.schemas.laws import cases

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}


def order(series: Series) -> list[str]:
    """Return the keys of a series' results in their order."""
    return [f"{item.run_id}/{item.position}" for item in items.items_of(series)]


def item_of(series: Series, position: int) -> SeriesItem:
    return items.items_of(series).get(position=position)


@pytest.fixture
def fox(make_run: Any) -> Run:
    return with_files(make_run, 4)


@pytest.fixture
def poster(user: User, fox: Run) -> Series:
    series = Series.objects.create(user=user, project=private_project(user), name="Poster")
    items.add(user, series, Selection({fox.pk: None}))
    return series


def test_a_selection_begins_a_series_and_another_is_added(member, fox):
    form = member.post("/series/additions/", {"artifact": keys(fox, 2, 0)})
    assert f'value="{fox.pk}/2"' in form.content.decode()
    posted = {"artifact": keys(fox, 2, 0), "named": " My  poster "}
    answer = member.post("/series/additions/", posted, follow=True)
    series = Series.objects.get()
    assert series.name == "My poster"
    assert answer.redirect_chain[-1][0] == series.get_absolute_url()
    posted = {"artifact": keys(fox, 0, 3), "series": str(series.pk)}
    toast = member.post("/series/additions/", posted, headers=HTMX)
    assert toast.status_code == 204
    assert order(series) == keys(fox, 0, 2, 3)
    assert "My poster" in member.get("/series/").content.decode()


def test_the_order_is_changed_by_steps_and_to_a_place(member, fox, poster):
    address = f"/series/{poster.pk}/order/"
    first, last = item_of(poster, 0), item_of(poster, 3)
    member.post(address, {"item": last.pk, "step": "back"})
    assert order(poster) == keys(fox, 0, 1, 3, 2)
    member.post(address, {"item": first.pk, "before": ""}, headers=HTMX)
    assert order(poster) == keys(fox, 1, 3, 2, 0)
    member.post(address, {"item": first.pk, "before": last.pk}, headers=HTMX)
    assert order(poster) == keys(fox, 1, 0, 3, 2)
    assert (
        member.post(address, {"item": "999999999", "step": "on"}, headers=HTMX).status_code == 409
    )


def test_what_is_taken_out_comes_back_to_its_place(member, fox, poster):
    gone = [item_of(poster, position).pk for position in (1, 2)]
    answer = member.post(f"/series/{poster.pk}/removals/", {"item": gone}, follow=True)
    assert order(poster) == keys(fox, 0, 3)
    (undo,) = re.findall(r'"(/undo/seriesitem/[^"]+)"', answer.content.decode())
    member.post(html.unescape(undo))
    assert order(poster) == keys(fox, 0, 1, 2, 3)
    member.post(f"/series/{poster.pk}/removals/", {"item": gone[0]})
    member.post("/series/additions/", {"artifact": keys(fox, 1), "series": poster.pk})
    assert order(poster) == keys(fox, 0, 2, 3, 1)


def test_a_deleted_result_leaves_a_gap_in_words(member, fox, poster, make_run):
    other = with_files(make_run, 1)
    items.add(other.user, poster, Selection({other.pk: {0}}))
    other.delete()
    fox.artifacts.get(position=1).delete()
    page = html.unescape(member.get(poster.get_absolute_url()).content.decode())
    assert page.count("This was deleted, or you cannot see it.") == 2
    assert len(order(poster)) == 5
    assert member.get("/series/").status_code == 200


def test_it_is_renamed_and_downloaded(member, fox, poster):
    member.post(f"/series/{poster.pk}/form/", {"name": "Book"})
    assert "<bdi>Book</bdi>" in member.get(poster.get_absolute_url()).content.decode()
    page = member.get(poster.get_absolute_url()).content.decode()
    assert re.findall(r'name="artifact"\s+value="([^"]+)"', page) == keys(fox, 0, 1, 2, 3)


def test_a_series_of_a_project_takes_only_what_its_members_may_read(user, make_run):
    team = make_project("Team", **{user.username: "maker", "vera": "viewer"})
    series = Series.objects.create(user=user, project=team, name="Team's")
    visible = with_files(make_run, 1, project=team)
    hidden = with_files(make_run, 1, project=team, is_hidden=True)
    private = with_files(make_run, 1)
    posted = {"run": [str(run.pk) for run in (visible, hidden, private)], "series": str(series.pk)}
    maker = working_in(team, user)
    answer = maker.post("/series/additions/", posted, follow=True).content.decode()
    assert "1 result is in the series “Team" in answer
    assert order(series) == keys(visible, 0)
    viewer = logged_in(person("vera"))
    assert viewer.get(series.get_absolute_url()).status_code == 200
    assert viewer.post(f"/series/{series.pk}/cover/", {"item": "1"}).status_code == 403
    Series.objects.update(is_hidden=True)
    assert viewer.get(series.get_absolute_url()).status_code == 404


def test_it_holds_a_bounded_number(member, fox, poster, make_run, monkeypatch):
    monkeypatch.setattr(items, "MAX_ITEMS", 4)
    other = with_files(make_run, 2)
    posted = {"run": str(other.pk), "series": str(poster.pk)}
    answer = member.post("/series/additions/", posted)
    assert answer.status_code == 422
    assert "“Poster” has 4 and 2 would be added." in answer.content.decode()
    long = member.post("/series/additions/", {"run": str(fox.pk), "named": "n" * 300})
    assert long.status_code == 422


@pytest.mark.both_databases
def test_the_number_of_queries_does_not_grow(
    member, poster, make_run, django_assert_max_num_queries
):
    for number in range(20):
        run = with_files(make_run, 2, title=f"n{number}")
        items.add(run.user, poster, Selection({run.pk: None}))
        items.add(
            run.user,
            Series.objects.create(user=run.user, project=poster.project, name=f"s{number}"),
            Selection({run.pk: None}),
        )
    with django_assert_max_num_queries(16):
        member.get(poster.get_absolute_url())


@given(moves=st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 3)), max_size=8))
@settings(max_examples=cases(3))
def test_any_moves_keep_every_result_once(poster, moves):
    keys_now = [*items.items_of(poster).values_list("pk", flat=True)]
    expected = [*keys_now]
    for origin, to in moves:
        key, before = keys_now[origin], None if to < 0 else keys_now[to]
        if key == before:
            continue
        assert items.move(poster, key, before=before)
        expected.remove(key)
        expected.insert(len(expected) if before is None else expected.index(before), key)
    assert [*items.items_of(poster).values_list("pk", flat=True)] == expected
    for key in sorted(expected):
        items.move(poster, key, before=None)


def test_a_series_of_hidden_results_alone_is_hidden_with_its_name(user, stranger, make_run):
    team = make_project("Team", **{user.username: "maker", stranger.username: "manager"})
    series = Series.objects.create(user=user, project=team, name="Layoffs")
    hidden, visible = (
        with_files(make_run, project=team, is_hidden=hides) for hides in (True, False)
    )
    # as the migration turned each tag into a series
    SeriesItem.objects.create(series=series, run=hidden, place=0)
    maker, other = working_in(team, user), working_in(team, stranger)
    addresses = (
        *("/series/", "/series/?q=layo", "/series/offered/", series.get_absolute_url()),
        *("/jump/?q=layo", "/runs/suggestions/?q=series:", f"/runs/{visible.pk}/", "/runs/"),
    )

    def read_by(client: Client) -> set[str]:
        return {at for at in addresses if b"Layoffs" in client.get(at).content}

    assert len(read_by(maker)) >= 6
    assert read_by(other) == set()
    # users always see their own results in a series
    Run.objects.filter(pk=hidden.pk).update(user=stranger)
    assert other.get(series.get_absolute_url()).status_code == 200
    Run.objects.filter(pk=hidden.pk).update(user=user)
    SeriesItem.objects.create(series=series, run=visible, place=9)
    assert len(read_by(other)) >= 7
