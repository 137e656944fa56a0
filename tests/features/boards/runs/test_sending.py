"""A plan becomes a board: one run per cell; no run is paid twice, and no sum exceeds the cap."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.profile import preferences
from catalog.models import Mark
from features.boards.models import Cell
from features.boards.plan.cells import expand
from features.boards.plan.plan import Plan
from features.boards.runs import repeating, sending
from features.notifications.models import Notification
from runs.models import Run
from tests.features.boards.finishing import finish

pytestmark = pytest.mark.django_db
Planned = Callable[..., Plan]
Send = Callable[..., sending.SendingResult]
TWO_ROWS = {"row_field": "prompt", "row_values": "a cat\na dog", "seeds": "1, 2"}


def test_a_board_holds_a_run_for_each_cell(plan_of, send, user):
    sent = send(plan_of(**TWO_ROWS))
    cells = Cell.objects.order_by("pk").select_related("run", "row", "column")
    assert (sent.sent, cells.count()) == (8, 8)
    assert [(c.row.position, c.column.position, c.seed) for c in cells[:4]] == [
        (0, 0, "1"),
        (0, 0, "2"),
        (0, 1, "1"),
        (0, 1, "2"),
    ]
    run = cells[0].run
    assert run is not None
    assert (run.state, run.title, run.user) == ("created", "a cat", user)
    assert run.arguments == {"prompt": "a cat", "seed": 1}
    assert cells[0].estimate_usd == Decimal("0.01")


TWELVE = TWO_ROWS | {"row_values": "a\nb\nc\nd\ne\nf", "seeds": "1"}  # two columns: twelve runs


@pytest.mark.parametrize(
    ("controls", "options"),
    [
        (TWO_ROWS, {}),
        (TWELVE, {"priority": "low"}),
        (TWELVE | {"priority": "normal"}, {}),
    ],
)
def test_a_large_board_lets_other_runs_go_first_unless_chosen_otherwise(
    plan_of, send, user, controls, options
):
    board = send(plan_of(**controls)).board
    Run.objects.update(state="failed")
    repeating.repeat_failed(user, board)
    sent = options | {"disable_fallback": True}
    assert [*map(dict, {tuple(run.options.items()) for run in Run.objects.all()})] == [sent]


def test_only_new_cells_run_when_a_row_is_added(plan_of, send):
    board = send(plan_of(**TWO_ROWS)).board
    more = send(plan_of(**TWO_ROWS | {"row_values": "a cat\na dog\nan owl"}), board=board)
    assert (more.sent, more.known, Run.objects.count()) == (4, 8, 12)
    assert [row.label for row in board.rows.all()] == ["a cat", "a dog", "an owl"]


def test_only_new_cells_run_when_a_column_is_added(plan_of, send):
    board = send(plan_of("flux", **TWO_ROWS)).board
    more = send(plan_of("flux", "turbo", **TWO_ROWS), board=board)
    assert (more.sent, more.known) == (4, 4)


def test_an_equal_run_is_not_paid_twice(plan_of, send):
    send(plan_of(**TWO_ROWS), "first")
    finish()
    again = send(plan_of(**TWO_ROWS), "second")
    assert (again.sent, again.reused, Run.objects.count()) == (0, 8, 8)
    assert again.board.cells.filter(is_reused=True).count() == 8


@pytest.mark.parametrize(
    "changed", [{"state": "failed"}, {"state": "queued"}, {"schema_id": None}, {"arguments": {}}]
)
def test_only_a_successful_equal_run_is_reused(plan_of, send, changed):
    send(plan_of(**TWO_ROWS), "first")
    finish()
    Run.objects.update(**changed)
    assert send(plan_of(**TWO_ROWS), "second").reused == 0


def test_a_strangers_run_is_not_reused_unless_it_is_an_example(plan_of, send, stranger):
    send(plan_of("flux", **TWO_ROWS), "first", who=stranger)
    finish()
    assert send(plan_of("flux", **TWO_ROWS), "second").reused == 0
    Run.objects.filter(user=stranger).update(is_example=True)
    assert send(plan_of("flux", **TWO_ROWS), "third").reused == 4


def test_a_viewer_of_all_runs_reuses_no_private_run_on_a_board(plan_of, send, user, stranger):
    send(plan_of("flux", **TWO_ROWS), "first", who=stranger)
    finish()
    user.is_staff = user.is_superuser = True
    user.save()
    assert send(plan_of("flux", **TWO_ROWS), "second").reused == 0


def test_runs_of_a_board_can_be_shared_with_the_team(plan_of, send, user):
    preferences.set_shares_runs(user, True)
    board = send(plan_of("flux", **TWO_ROWS)).board
    assert set(Run.objects.values_list("is_example", flat=True)) == {True}
    finish(state="failed")
    repeating.repeat_failed(user, board)
    assert set(Run.objects.values_list("is_example", flat=True)) == {True}


def test_reuse_can_be_turned_off(plan_of, send, models):
    send(plan_of(**TWO_ROWS), "first")
    finish()
    plan = plan_of(**TWO_ROWS)
    off = Plan(**vars(plan) | {"is_reusing": False})
    assert send(off, "second").sent == 8


def test_equal_cells_of_one_board_run_once(plan_of, send):
    rows = {"row_field": "num_inference_steps", "row_values": "8, 9", "seeds": "1"}
    sent = send(plan_of("flux", "turbo", **rows, **{"shared.prompt": "a cat"}))
    # turbo takes at most 8 steps, so its two cells are equal
    assert (sent.sent, sent.reused) == (3, 1)


def test_runs_that_would_exceed_the_cap_are_held_back_and_say_so(plan_of, send):
    sent = send(plan_of(**TWO_ROWS, cap="0.05"))
    held = sent.board.cells.filter(run=None)
    assert (sent.sent, sent.held, held.count()) == (5, 3, 3)
    assert "more than its budget of $0.05" in held[0].not_sent
    assert Run.objects.count() == 5


def test_the_owner_is_warned_once_for_each_cap_that_stops_runs(plan_of, send, user):
    board = send(plan_of(**TWO_ROWS, cap="0.05")).board
    send(plan_of(**TWO_ROWS, cap="0.05"), board=board)
    (notification,) = Notification.objects.all()
    assert (notification.user, notification.kind, notification.path) == (
        user,
        "budget_warning",
        board.get_absolute_url(),
    )
    assert notification.text.startswith(
        "3 runs were not sent: the board could have cost more than $0.05."
    )
    send(plan_of(**TWO_ROWS, cap="0.06"), board=board)
    assert Notification.objects.count() == 2
    send(plan_of(**TWO_ROWS), board=board)
    assert Notification.objects.count() == 2


def test_a_raised_cap_sends_the_rest(plan_of, send):
    board = send(plan_of(**TWO_ROWS, cap="0.05")).board
    more = send(plan_of(**TWO_ROWS, cap="0.07"), board=board)
    assert (more.sent, more.held, more.known) == (2, 1, 5)


def test_the_cap_counts_ended_runs_by_their_actual_cost(plan_of, send):
    board = send(plan_of(**TWO_ROWS, cap="0.05")).board
    finish(state="failed", billable_units="")
    more = send(plan_of(**TWO_ROWS, cap="0.05"), board=board)
    assert (more.sent, more.held) == (3, 0)


def test_a_cap_holds_back_runs_without_a_price(plan_of, send):
    sent = send(plan_of("voice", **{"shared.text": "hello"}, cap="1"))
    assert sent.held == 1
    assert "price is unknown" in sent.board.cells.get().not_sent


def test_a_blocked_model_is_not_sent(plan_of, send, models):
    models["turbo"].mark = Mark.BLOCKED
    models["turbo"].mark_reason = "too odd"
    models["turbo"].save()
    expanded = expand(plan_of(**TWO_ROWS))
    assert "too odd" in expanded.reports[1].trouble
    assert send(plan_of(**TWO_ROWS)).sent == 4


@pytest.mark.system
def test_400_runs_are_one_transaction_and_few_queries(plan_of, user, django_assert_max_num_queries):
    plan = plan_of(row_field="prompt", row_values="\n".join(map(str, range(100))), seeds="1, 2")
    expanded = expand(plan)
    with django_assert_max_num_queries(69):
        sent = sending.run_plan(user, plan, expanded, "token")
    assert (sent.sent, Run.objects.count(), Cell.objects.count()) == (400, 400, 400)
