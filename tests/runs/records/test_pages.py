"""Where records are shown: on cards, behind About, in the search, on the leaderboard, to programs.

A project sees its own and the house's, never another's.
"""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Endpoint
from features.library.models import Series
from features.library.selection import ResultKey, Selection
from features.library.series import items
from features.sharing.items import keep_in_step
from features.sharing.models import Share
from features.sharing.own import creation
from projects.models.project import private_project
from projects.rules import values
from runs.files.input_references import read_unread
from runs.models import RecordedRun, RecordSum, Run
from runs.ownership import deletion, moving
from runs.records import model_record
from runs.results import stars
from tests.api.conftest import Caller
from tests.projects.people import make_project, person, working_in
from tests.runs.records.worth import count_all, make_board, make_done, make_judged, recount
from tests.tables import each_row

Make = Callable[..., Endpoint]


@pytest.fixture
def models(make_endpoint: Make) -> list[Endpoint]:
    """Four models; a run costs a dollar."""
    return [
        make_endpoint(
            f"lab/{name}", position=place, unit_price_usd=Decimal("0.5"), price_unit="images",
            currency="USD",
        )
        for place, name in enumerate(["dear", "good", "new", "unjudged"])
    ]  # fmt: skip


@pytest.fixture
def records(user: User, models: list[Endpoint]) -> None:
    """Records: ten dollars for a kept result of the first model, two of the second."""
    dear, good, new, _ = models
    make_judged(user, dear, 20, 2)
    make_judged(user, good, 20, 10)
    make_judged(user, new, 4, 1)


def find_models(client: Client, params: str) -> list[str]:
    content = client.get(f"/models/?{params}").content.decode()
    return re.findall(r'<article class="card" data-endpoint-id="lab/(\w+)"', content)


def text_of(client: Client, address: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client.get(address).content.decode()))


@each_row(
    ("params", "expected"),
    [
        ("q=keeper:<5", {"good"}),
        ("q=keeper:<$20", {"good", "dear"}),
        ("q=keeper:>2", {"dear"}),
        ("q=-keeper:<5", {"dear", "new", "unjudged"}),
        ("keeper=<0.5", set()),
        ("keeper=<=2", {"good"}),
    ],
)
@pytest.mark.usefixtures("records")
def test_the_price_of_a_kept_result_is_a_filter(member, params, expected):
    assert set(find_models(member, params)) == expected


@pytest.mark.usefixtures("records")
def test_cards_and_the_models_page_say_it(member, user):
    cards = text_of(member, "/models/")
    assert "$2.00 per kept result · 10 of 20 kept" in cards
    assert "1 of 4 kept · too few to tell" in cards
    about = text_of(member, "/models/lab/good/?tab=about")
    assert "In this project $2.00 per kept result · 10 of 20 kept ($1.43 to $3.34)" in about
    starred = Run.objects.filter(endpoint__endpoint_id="lab/good", is_starred=True)[0]
    stars.star_run(starred.pk, is_starred=False)
    count_all()
    assert "9 of 20 kept" in text_of(member, "/models/")


def test_a_project_sees_its_own_record_and_the_houses_never_anothers(user, models):
    film = make_project("Film", mia="maker")
    make_judged(person("mia"), models[0], 19, 5, project=film)
    ana, mia = working_in(private_project(user), user), working_in(film, person("mia"))
    addresses = (
        "/models/",
        "/models/lab/dear/?tab=about",
        "/leaderboard/",
        "/leaderboard/?of=house",
    )
    for address in addresses:
        assert "of 19" not in text_of(ana, address)
        assert "of 19" in text_of(mia, address) or "of=house" in address
    make_judged(user, models[0], 5, 2)
    for address in (*addresses, "/api/v1/leaderboard?house=true"):
        assert "house" not in text_of(ana, address) or "of 24" not in text_of(ana, address)
    assert "2 of 5" in text_of(ana, "/leaderboard/")


def test_the_houses_record_needs_three_projects_and_is_rounded(user, models):
    ana = working_in(private_project(user), user)
    make_judged(user, models[0], 2, 2)
    for name, judged, kept in (("Film", 19, 5), ("Print", 107, 31)):
        assert "in the house" not in text_of(ana, "/models/")
        assert not model_record.records_of(None)
        project = make_project(name, mia="maker")
        make_judged(person("mia"), models[0], judged, kept, project=project)
    assert "40 of 130 kept in the house" in text_of(ana, "/models/")  # 38 of 128
    assert "In the house $3.25 per kept result" in text_of(ana, "/models/lab/dear/?tab=about")
    assert "40 of 130" in text_of(ana, "/leaderboard/?of=house")
    (item,) = Caller(user, ["read"])("GET", "/leaderboard?house=true").json()["items"]
    assert (item["runs"], item["judged"], item["kept"]) == (130, 130, 40)


@pytest.mark.usefixtures("records")
def test_programs_get_the_same(user):
    call = Caller(user, ["read"])

    def order(params: str) -> list[str]:
        found = call("GET", f"/leaderboard?{params}").json()["items"]
        return [item["endpoint_id"].removeprefix("lab/") for item in found]

    assert order("sort=share") == ["good", "new", "dear"]
    assert order("category=image-to-video") == []
    assert order("operation=make-a-picture") == ["good", "dear", "new"]
    assert order("operation=animate-a-picture") == []
    assert order("house=true") == []  # one project alone is not the house
    items = call("GET", "/leaderboard").json()["items"]
    assert [item["endpoint_id"] for item in items] == ["lab/good", "lab/dear", "lab/new"]
    assert (items[0]["price_per_kept_usd"], items[0]["too_few"]) == (2.0, False)
    first = call("GET", "/leaderboard?limit=2").json()
    rest = call("GET", f"/leaderboard?limit=2&cursor={first['next_cursor']}").json()
    assert [*first["items"], *rest["items"]] == items
    assert rest["next_cursor"] is None
    body = call("GET", "/models?keeper=%3C5").json()
    assert [item["endpoint_id"] for item in body["items"]] == ["lab/good"]
    assert call("GET", "/models?sort=keeper").json()["items"][0]["endpoint_id"] == "lab/good"


@each_row(
    ("address", "judged"),
    [
        ("/runs/{run}/", 1),
        ("/runs/{run}/view/", 1),
        ("/models/lab/dear/?shown={run}", 1),
        ("/runs/?as=list", 0),
        ("/runs/?as=wall", 0),
        ("/models/lab/dear/?tab=about", 0),
    ],
)
def test_judged_is_what_somebody_has_opened(member, user, models, address, judged):
    run = make_done(user, models[0])
    assert member.get(address.format(run=run.pk)).status_code == 200
    count_all()
    assert RecordedRun.objects.filter(run=run, is_judged=True).count() == judged


def test_a_result_fetched_ahead_was_not_seen_yet(member, user, models):
    run, address = make_done(user, models[0]), "/runs/{}/view/"
    htmx = {"HX-Request": "true"}
    member.get(address.format(run.pk), headers={**htmx, "Purpose": "prefetch"})
    assert not RecordedRun.objects.get(run=run).is_opened
    member.head(address.format(run.pk))
    assert RecordedRun.objects.get(run=run).is_opened


def test_each_reason_keeps_a_result_until_it_ends(user, models):
    run = make_done(user, models[0])
    series = Series.objects.create(user=user, name="Best", project=run.project)
    share = Share.objects.create(user=user, project=run.project)

    def is_kept() -> bool:
        count_all()
        return RecordedRun.objects.filter(run=run, is_kept=True).exists()

    assert not is_kept()
    stars.star_run(run.pk, is_starred=True)
    assert is_kept()
    deletion.delete(Run.objects.filter(pk=run.pk), user)
    assert not is_kept()
    deletion.restore(Run.objects.filter(pk=run.pk), user)
    assert is_kept()
    stars.star_run(run.pk, is_starred=False)
    assert not is_kept()
    items.add(user, series, Selection({run.pk: None}))
    assert is_kept()
    series.delete_by(user)
    assert not is_kept()
    keep_in_step(share, [ResultKey(run.pk, 0)])
    assert is_kept()
    creation.revoke(user, share)
    assert not is_kept()
    arguments = {"image_url": f"/runs/{run.pk}/artifacts/0/"}
    using = make_done(user, models[1], arguments=arguments)
    read_unread()
    assert is_kept()
    deletion.delete(Run.objects.filter(pk=using.pk), user)
    assert not is_kept()


def test_a_moved_run_counts_for_its_new_project(user, models):
    make_judged(user, models[0], 1, 1)
    target = make_project("Film", ana="manager")
    moved = moving.move(user, {Run: {Run.objects.get().pk}}, target)
    count_all()
    assert model_record.records_of(target).shown[models[0].pk].kept == 1
    moving.undo(user, moved)
    count_all()
    assert model_record.records_of(target).shown[models[0].pk].kept == 0


def test_runs_that_nobody_touched_are_found_at_night(user, models):
    """Those that ended in a process of an earlier version, or are older than the record."""
    make_judged(user, models[0], 5, 2)
    make_board(user, models[:2], wins=1)
    count_all()
    project = private_project(user)
    before = model_record.records_of(project).shown[models[0].pk]
    ended = make_done(user, models[0], "running")
    Run.objects.filter(pk=ended.pk).update(state="succeeded", is_starred=True)
    recount()
    count_all()
    later = model_record.records_of(project).shown[models[0].pk]
    assert (later.runs, later.judged, later.kept) == (before.runs + 1, 7, 4)

    RecordedRun.objects.all().delete()
    RecordSum.objects.all().delete()
    for _ in range(2):
        recount()
        count_all()
        earlier = model_record.records_of(project).shown[models[0].pk]
        # Nobody knows any more who had looked at the others.
        assert (earlier.runs, earlier.judged, earlier.kept) == (later.runs, 4, 4)
        assert (earlier.rows, earlier.rows_won) == (1, 1)


def test_sums_that_differ_from_their_runs_are_corrected(user, models):
    make_judged(user, models[0], 5, 2)
    own = RecordSum.objects.filter(project=private_project(user), endpoint=models[0])
    own.update(kept=4, spent=9)
    RecordSum.objects.create(project=private_project(user), endpoint=models[0], kept=1)
    recount()
    assert own.get().kept == 2
    assert model_record.records_of(private_project(user)).shown[models[0].pk].spent == 5


def test_a_rule_cannot_ask_for_records():
    with pytest.raises(ValueError, match="Each project has other records"):
        values.read("question", "keeper:<1")
