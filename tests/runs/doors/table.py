"""The table of entry points: each with its model and the product's functions behind it."""

from collections.abc import Callable
from typing import NamedTuple

from tests.features.flows.conftest import FLUX, SEEDREAM
from tests.runs.doors import boards_and_flows as work
from tests.runs.doors import pages, programs
from tests.runs.doors.world import LLM, PAINT, SHORT, TRAINER, Use, World


class Door(NamedTuple):
    """An entry point that starts a run: with which model, and how."""

    use: Callable[[World], Use]
    endpoint_id: str
    starters: tuple[str, ...]  # the product's functions behind it

    @property
    def name(self) -> str:
        """Return the name of the entry point in tests."""
        return self.use.__name__.replace("_", "-")


FORM = ("playground/variations.py:start",)
BOARD, AGAIN = (
    ("features/boards/runs/sending.py:_save",),
    ("features/boards/runs/repeating.py:_repeat",),
)
STEP = ("features/flows/execution/steps.py:_begin",)
PROXY, STREAM = ("api/submission.py:start_proxied",), ("api/submission.py:start_streamed",)
SESSION = ("runs/realtime/sessions.py:_begin",)
API = ("api/submission.py:start",)
DOORS = (
    Door(pages.form, PAINT, FORM),
    Door(pages.form_by_script, PAINT, FORM),
    Door(pages.form_of_variations, PAINT, FORM),
    Door(pages.training, TRAINER, FORM),
    Door(pages.rerun, PAINT, ("playground/rerun.py:rerun",)),
    Door(pages.rerun_alone, PAINT, ("playground/rerun.py:rerun_alone",)),
    Door(pages.takeover, PAINT, ("playground/takeovers.py:_start",)),
    Door(pages.variation, PAINT, FORM),
    Door(work.board, PAINT, BOARD),
    Door(work.board_of_program, PAINT, BOARD),
    Door(work.more_of_board, PAINT, BOARD),
    Door(work.board_held, PAINT, BOARD),
    Door(work.board_failed, PAINT, AGAIN),
    Door(work.board_cell, PAINT, AGAIN),
    Door(work.flow, SEEDREAM, STEP),
    Door(work.flow_of_program, FLUX, STEP),
    Door(work.next_step, SEEDREAM, STEP),
    Door(work.flow_again, FLUX, STEP),
    Door(programs.api, PAINT, API),
    Door(programs.fal_proxy, PAINT, PROXY),
    Door(programs.fal_proxy_at_once, PAINT, PROXY),
    Door(programs.fal_proxy_stream, LLM, STREAM),
    Door(programs.openai, SHORT, PROXY),
    Door(programs.openai_stream, SHORT, STREAM),
    Door(programs.assistant, PAINT, API),
    Door(programs.assistant_flow, FLUX, STEP),
    Door(pages.live_ticket, PAINT, SESSION),
    Door(pages.live, PAINT, SESSION),
    Door(pages.live_of_program, PAINT, SESSION),
)
STARTERS = frozenset(starter for door in DOORS for starter in door.starters)
