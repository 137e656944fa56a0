"""A board as visitors of its share see it: whole, with hidden parts, current or as it was."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from features.boards.models import Board, RowMark
from features.sharing.kinds.table import KINDS
from features.sharing.models import Share
from projects.models import Membership, Project
from runs.models import Run, Upload
from tests.features.boards.conftest import models, plan_of, send
from tests.features.boards.judging import SECRET, Judged, make_judged_board, stored_picture
from tests.features.sharing.kinds.walking import (
    collect_answers,
    leaked_secrets,
    read_page,
    share_of,
)

__all__ = ["make_judged_board", "models", "plan_of", "send", "stored_picture"]
pytestmark = pytest.mark.django_db
ShareBoard = Callable[..., Share]
PROMPTS = "quiet zebra\nloud heron"


@pytest.fixture
def board(make_judged_board: Judged) -> Board:
    """A board of two models and two prompts; the second model has won the first row."""
    board = make_judged_board("flux", "turbo", prompts=PROMPTS, seeds="424242")
    row = board.rows.get(position=0)
    RowMark.objects.create(row=row, winner=board.columns.get(position=1))
    return board


@pytest.fixture
def share_board(user: User) -> ShareBoard:
    """`share_board(board, shows_models=False)` → Share."""

    def make(board: Board, **options: Any) -> Share:
        return share_of(user, "board", str(board.pk), **options)

    return make


def test_visitors_see_rows_columns_and_the_winner(board, share_board):
    markup = read_page(share_board(board))
    assert "quiet zebra" in markup
    assert "loud heron" in markup
    assert markup.count('data-column="0"') == markup.count('data-column="1"') == 2
    assert "Won: <strong>turbo" in markup
    assert "seed 424242" in markup


def test_prices_are_shown_where_chosen(board, share_board):
    share = share_board(board)
    assert "$0.02" not in read_page(share)
    Share.objects.update(shows_prices=True)
    assert "$0.02" in read_page(share)


def test_nothing_hidden_is_told(board, share_board, user):
    User.objects.update(username="anastasia-k", email="anastasia@example.org")
    board.project.name = "Secret venture"
    board.project.save()
    share = share_board(board, shows_models=False, shows_settings=False, shows_prices=False)
    runs = [str(pk) for pk in Run.objects.values_list("pk", flat=True)]
    secrets = [SECRET, "lab/", "flux", "turbo", "anastasia", "Secret venture", "zebra", "heron"]
    secrets += ["424242", "0.02", "num_inference", str(board.pk), *runs]
    answered = collect_answers(share)
    assert len([address for address in answered if "/files/" in address]) >= 4
    assert not leaked_secrets(answered, secrets + [pk.replace("-", "") for pk in runs])
    assert "Won: <strong>B" in read_page(share)


def test_metadata_leave_with_the_file_where_all_is_shown(board, share_board):
    assert leaked_secrets(collect_answers(share_board(board)), [SECRET])


def test_settings_without_models_leave_out_what_names_them(board, share_board):
    board.rows.update(values={"prompt": "a fox", "model_name": "lab/flux", "style": "as lab/flux"})
    markup = read_page(share_board(board, shows_models=False))
    assert "a fox" in markup
    assert "lab/flux" not in markup
    assert markup.count("left out") == 4


def test_what_is_kept_stays_and_what_follows_changes(board, share_board):
    kept, following = share_board(board), share_board(board, follows=True)
    assert kept.pk != following.pk
    board.rows.filter(position=0).update(label="a new label")
    assert "quiet zebra" in read_page(kept)
    assert "a new label" not in read_page(kept)
    assert "a new label" in read_page(following)


def test_a_deleted_run_leaves_a_sentence(board, share_board):
    share = share_board(board)
    run = Run.objects.first()
    assert run
    Run.objects.filter(pk=run.pk).update(deleted_at=run.created_at)
    markup = read_page(share)
    assert markup.count("This result no longer exists.") == 1
    assert str(run.pk) not in markup


def test_a_deleted_board_shows_nothing(board, share_board):
    share = share_board(board)
    Board.objects.update(deleted_at=board.created_at)
    markup = read_page(share)
    assert "no longer exists" in markup
    assert "zebra" not in markup


def test_inputs_have_numbers_and_are_served_with_the_settings(
    board, share_board, user, stored_picture
):
    upload = Upload.objects.create(
        user=user, digest="0" * 64, file=stored_picture, file_name="my-holiday.png",
        content_type="image/png", size_bytes=9,
    )  # fmt: skip
    board.rows.filter(position=0).update(
        values={"prompt": "quiet zebra", "image_url": upload.get_absolute_url()}
    )
    share = share_board(board)
    assert not leaked_secrets(collect_answers(share), ["my-holiday", str(upload.pk)])
    item = share.items.get(upload=upload)
    address = reverse("sharing:share-file", args=[share.token, item.number])
    assert f'src="{address}"' in read_page(share)
    assert SECRET.encode() not in collect_answers(share)[address]
    Share.objects.update(shows_settings=False)
    assert Client().get(address).status_code == 404


def test_only_who_may_change_a_board_shares_it(board, stranger):
    assert KINDS["board"].find(stranger, str(board.pk)) is None
    project = Project.objects.create(name="Spring", slug="spring")
    Board.objects.update(project=project)
    Membership.objects.create(project=project, user=stranger, role="viewer")
    assert KINDS["board"].find(stranger, str(board.pk)) is None
    Membership.objects.update(role="maker")
    assert KINDS["board"].find(stranger, str(board.pk)) == board


def test_queries_do_not_grow_with_the_board(make_judged_board, share_board, client):
    counts = []
    for prompts in ("a", "b\nc\nd\ne"):
        Board.objects.all().delete()
        share = share_board(make_judged_board("flux", "turbo", prompts=prompts))
        read_page(share, client)  # the first visit also makes the queries that count it
        with CaptureQueriesContext(connection) as queries:
            read_page(share, client)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] < 30
