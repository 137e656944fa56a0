"""A board with results that can be judged: texts, or pictures whose metadata names the model."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from features.boards.models import Board
from features.boards.plan.plan import Plan
from features.boards.runs import sending
from features.boards.votes import voting
from runs.files.stripped_copies import copy_name
from runs.models import Artifact, Run
from tests import charged

SECRET = "painted-by-lab-flux"
Judged = Callable[..., Board]


def picture() -> bytes:
    """Return a PNG whose metadata says which program made it."""
    metadata = PngInfo()
    metadata.add_text("Software", SECRET)
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG", pnginfo=metadata)
    return out.getvalue()


def open_vote(board: Board) -> str:
    """Open the board's vote and return the link for voters."""
    voting.open_voting(board.user, board)
    return voting.link_of(Board.objects.get(pk=board.pk))


def status_of(browser: Client, address: str) -> int:
    """Return a response's status. Read the response to its end, which closes its file."""
    response: Any = browser.get(address)
    if response.streaming:
        b"".join(response.streaming_content)
    return int(response.status_code)


@pytest.fixture
def stored_picture() -> Iterator[str]:
    """Store a picture and return its name."""
    name = default_storage.save("tests/judged.png", ContentFile(picture()))
    yield name
    default_storage.delete(name)
    default_storage.delete(copy_name(name))


@pytest.fixture
def make_judged_board(
    plan_of: Callable[..., Plan], send: Callable[..., sending.SendingResult], stored_picture: str
) -> Judged:
    """`make_judged_board("flux", "turbo", prompts="a\\nb")`: a board of successful runs."""

    def make(*names: str, prompts: str = "a cat\na dog", text: str = "", **more: Any) -> Board:
        board = send(
            plan_of(*names, row_field="prompt", row_values=prompts, title="Cats", **more)
        ).board
        now = timezone.now()
        for cell in board.cells.select_related("run"):
            assert cell.run
            Run.objects.filter(pk=cell.run.pk).update(
                state="succeeded", billable_units="2", ended_at=now,
                output={"text": f"{text} {cell.pk}"} if text else {"images": []},
            )  # fmt: skip
            if not text:
                Artifact.objects.create(
                    run=cell.run, position=0, path="x", kind="image", state="stored",
                    file=stored_picture, file_name=f"{SECRET}.png",
                    url=f"https://v3.fal.media/files/{SECRET}.png",
                    content_type="image/png", width=40, height=30,
                )  # fmt: skip
        charged.settle(Run.objects.filter(cells__board=board))
        return board

    return make
