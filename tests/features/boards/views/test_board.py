"""A board's page: its markup, its owner's buttons, and the answers that strangers get."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from features.boards.display import cell_markup
from features.boards.models import Board, Cell
from features.boards.plan.plan import Plan
from features.boards.runs import sending
from runs.models import Artifact, Run
from tests import charged
from tests.features.boards.finishing import finish

pytestmark = pytest.mark.django_db
Planned = Callable[..., Plan]
Send = Callable[..., sending.SendingResult]
ROWS = {"row_field": "prompt", "row_values": "a cat\na dog", "seeds": "1, 2"}
# 50 columns of one model.
WIDE = {"column_field": "num_inference_steps", "column_values": "1-50", "row_values": "a\nb\nc\nd"}
WIDE |= {"row_field": "prompt"}
TILE = re.compile(r'id="tile-([0-9a-f-]{36})"')


@pytest.fixture
def board(plan_of: Planned, send: Send) -> Board:
    """Two rows on two columns with two seeds."""
    return send(plan_of(**ROWS)).board


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_each_cell_names_its_row_and_column_and_shows_its_runs(member, board):
    page = text_of(member.get(board.get_absolute_url()))
    places = re.findall(r'data-row="(\d)" data-column="(\d)"', page)
    assert places == [("0", "0"), ("0", "1"), ("1", "0"), ("1", "1")]
    assert len(re.findall(r'data-run-id="', page)) == 8
    assert page.count(" data-watch=") == 8
    assert '<noscript><meta http-equiv="refresh"' in page


def test_the_cap_can_be_changed_on_the_board(member, plan_of, send):
    board = send(plan_of(**ROWS, cap="0.05")).board
    page = text_of(member.get(board.get_absolute_url()))
    assert "Budget $0.05" in page
    for typed, amount, message in (
        ("a lot", "0.0500", "“a lot” is not"), ("0", "0.0500", "budget of zero"),
        ("$1.5", "1.5000", "The budget is $1.50 now"), ("", None, "The board has no budget now"),
    ):  # fmt: skip
        page = text_of(member.post(f"{board.get_absolute_url()}cap/", {"cap": typed}, follow=True))
        board.refresh_from_db()
        assert board.cap_usd == (amount and Decimal(amount))
        assert message in page


def test_an_ended_board_shows_results_and_stops_polling(member, board):
    Run.objects.update(state="succeeded", billable_units="1")
    charged.settle(Run.objects.all())
    run = Run.objects.order_by("created_at")[0]
    Artifact.objects.create(
        run=run, position=0, path="x", kind="image", url="https://v3.fal.media/a.png"
    )
    Run.objects.filter(pk=run.pk).update(output={"images": []})
    Run.objects.exclude(pk=run.pk).update(output={"text": "a <b>poem</b>"})
    page = text_of(member.get(board.get_absolute_url()))
    assert "https://v3.fal.media/a.png" in page
    assert "a &lt;b&gt;poem&lt;/b&gt;" in page
    assert "8 of 8 done" in page
    assert "$0.08 spent" in page
    assert " data-watch=" not in page
    assert "refresh" not in page


@pytest.mark.system
def test_a_board_takes_as_many_queries_as_another(member, plan_of, send, django_assert_num_queries):
    small = send(plan_of(**ROWS), "small").board
    rows = {"row_field": "prompt", "row_values": "\n".join(map(str, range(50)))}
    large = send(plan_of(**rows, seeds="1, 2, 3, 4"), "large").board
    Run.objects.update(state="succeeded", output={"text": "words"})
    wide = send(plan_of("flux", **WIDE), "wide").board
    Run.objects.update(state="succeeded", output={"text": "words"})
    for board in (small, large, wide):
        member.get(board.get_absolute_url())  # stores the excerpts of results of no worker
        cell_markup.forget()
        with django_assert_num_queries(16):
            assert member.get(board.get_absolute_url()).status_code == 200
        # the cache has the markup of cells whose runs have ended
        with django_assert_num_queries(14):
            member.get(board.get_absolute_url())


def test_stop_cancels_waiting_runs_and_states_the_cost_of_the_rest(member, board):
    running = Run.objects.order_by("created_at")[0]
    Run.objects.filter(pk=running.pk).update(state="running")
    response = member.post(f"{board.get_absolute_url()}cancellation/", follow=True)
    assert "7 waiting runs are cancelled. 1 has started and finishes, which costs up to $0.01." in (
        text_of(response)
    )
    assert Run.objects.filter(state="cancelled").count() == 7
    running.refresh_from_db()
    assert running.state == "running"


def test_only_failed_runs_are_repeated(member, board):
    Run.objects.update(state="succeeded")
    failed = Run.objects.order_by("created_at")[0]
    Run.objects.filter(pk=failed.pk).update(state="failed")
    page = member.get(board.get_absolute_url()).content.decode()
    press = {"~token": re.findall(r'name="~token"\s+value="([^"]+)"', page)[0]}
    member.post(f"{board.get_absolute_url()}repetition/", press)
    Run.objects.filter(state="created").update(state="failed")
    member.post(f"{board.get_absolute_url()}repetition/", press)  # the second of a double click
    assert Run.objects.count() == 9
    Run.objects.exclude(pk=failed.pk).filter(state="failed").update(state="created")
    cell = Cell.objects.get(replaced_at=None, run__state="created")
    assert cell.run
    assert cell.run.arguments == failed.arguments
    assert Cell.objects.get(run=failed).replaced_at
    assert "8 of 9" not in text_of(member.get(board.get_absolute_url()))


def test_a_reused_result_is_marked_and_can_be_run_anew(member, plan_of, send, board):
    Run.objects.update(state="succeeded", billable_units="1")
    again = send(plan_of(**ROWS), "again").board
    page = text_of(member.get(again.get_absolute_url()))
    assert page.count("earlier run<") == 8
    assert "spent" not in page
    cell = again.cells.order_by("pk")[0]
    assert f"/compare/{again.pk}/cells/{cell.pk}/" in page
    for _ in range(2):
        assert member.post(f"/compare/{again.pk}/cells/{cell.pk}/").status_code == 302
    assert Run.objects.count() == 9
    assert again.cells.filter(replaced_at=None, is_reused=False).count() == 1


def test_runs_held_back_by_the_cap_are_sent_after_it_is_raised(member, plan_of, send):
    board = send(plan_of(**ROWS, cap="0.05")).board
    page = text_of(member.get(board.get_absolute_url()))
    assert page.count("more than its budget of $0.05") == 3
    assert '<span class="figures">up to $0.03</span>' in page
    finish(state="failed", billable_units="")
    member.post(f"{board.get_absolute_url()}continuation/")
    assert board.cells.filter(run=None).count() == 0


def test_a_deleted_board_keeps_its_runs(member, board):
    member.post(f"{board.get_absolute_url()}deletion/")
    assert Run.objects.kept().count() == 8


def test_editing_the_plan_of_a_board_adds_cells(member, board, plan_of):
    address = f"{board.get_absolute_url()}plan/"
    page = text_of(member.get(address))
    assert "<strong>0 runs</strong>" in page
    post = {**board.plan, "row-values": ["a cat\na dog\nan owl"], "~do": "run"}
    assert member.post(address, post)["Location"] == board.get_absolute_url()
    assert board.rows.count() == 3
    assert Run.objects.count() == 12


@pytest.mark.system
def test_a_large_board_loads_its_rows_as_they_come_into_view(member, plan_of, send):
    rows = {"row_field": "prompt", "row_values": "\n".join(map(str, range(100)))}
    board = send(plan_of(**rows, seeds="1, 2")).board
    Run.objects.update(state="succeeded", output={"text": "words"}, billable_units="1")
    page = text_of(member.get(board.get_absolute_url()))
    assert len(re.findall(r'id="row-\d+"', page)) == 100
    tiles = re.findall(r'id="tile-([0-9a-f-]{36})"', page)
    assert len(re.findall(r'data-row="\d+" data-column="\d+"', page)) == len(tiles) / 2
    assert 16 <= len(tiles) <= 32
    assert "400 of 400 done" in page
    parts = re.findall(rf'hx-get="(/compare/{board.pk}/parts/\d+/)"', page)
    for part in parts:
        fragment = text_of(member.get(part))
        assert fragment.startswith("<div")
        assert "data-waits" not in fragment
        tiles += re.findall(r'id="tile-([0-9a-f-]{36})"', fragment)
    assert len(tiles) == len(set(tiles)) == 400
    assert page.count("?all=1") == 1
    whole = text_of(member.get(f"{board.get_absolute_url()}?all=1"))
    assert len(re.findall(r'id="tile-[0-9a-f-]{36}"', whole)) == 400
    assert member.get(f"{board.get_absolute_url()}parts/99/").status_code == 404


@pytest.mark.exhaustive
@pytest.mark.system
def test_a_wide_board_loads_its_columns_as_they_come_into_view(member, plan_of, send):
    board = send(plan_of("flux", **WIDE)).board
    Run.objects.update(state="succeeded", output={"text": "words"})
    count = board.columns.count()
    assert count == 50
    page = text_of(member.get(board.get_absolute_url()))
    tiles = TILE.findall(page)
    assert len(tiles) == 2 * 12  # the first part has two rows, with twelve columns each
    assert page.count('class="column-head"') == 12
    waiting = set(re.findall(r' hx-get="([^"]+/(?:parts|columns)/\d+/)"', page))
    heads = page.count('class="column-head"')
    while waiting:
        fragment = text_of(member.get(waiting.pop()))
        tiles += TILE.findall(fragment)
        heads += fragment.count('class="column-head"')
        waiting |= set(re.findall(r' hx-get="([^"]+/columns/\d+/)"', fragment))
    assert heads == count
    assert len(tiles) == len(set(tiles)) == 4 * count
    whole = text_of(member.get(f"{board.get_absolute_url()}?all=1"))
    assert len(TILE.findall(whole)) == 4 * count


@pytest.mark.system
def test_cached_markup_depends_on_run_mark_and_price(member, plan_of, send):
    board = send(plan_of(**ROWS)).board
    Run.objects.update(state="succeeded", output={"text": "words"}, billable_units="1")
    cell = board.cells.order_by("pk")[0]
    judge = f"{board.get_absolute_url()}judge/"
    member.post(judge, {"cell": cell.pk, "stars": "3"})
    assert "3 of 5 stars" in text_of(member.get(board.get_absolute_url()))
    member.post(judge, {"cell": cell.pk, "stars": "4"})
    assert "4 of 5 stars" in text_of(member.get(board.get_absolute_url()))
    charged.settle(Run.objects.all())
    assert text_of(member.get(board.get_absolute_url())).count("≈ $0.01<") == 8
    charged.bill(Run.objects.filter(cells=cell).get(), "7")
    assert text_of(member.get(board.get_absolute_url())).count(">$7.00<") == 1


def test_its_table_takes_as_many_queries_for_a_large_board(
    member, make_judged_board, django_assert_max_num_queries
):
    board = make_judged_board(prompts="\n".join(map(str, range(12))))
    with django_assert_max_num_queries(18):
        assert member.get(f"{board.get_absolute_url()}board.csv").status_code == 200
