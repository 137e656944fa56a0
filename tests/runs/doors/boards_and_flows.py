"""The entry points of boards and flows, and of their jobs."""

import uuid

from features.boards.models import Board
from features.boards.plan.cells import expand
from features.boards.plan.plan import read_plan
from features.boards.runs import sending
from features.flows.compose.definition import parse_definition
from features.flows.execution import advance
from features.flows.execution import starting as flow_starting
from features.flows.models import Flow, FlowRun
from runs.models import Run
from tests.features.flows.conftest import FLUX, SEEDREAM, chained, succeed
from tests.runs.doors.world import PAINT, Use, World, post_json, read_answer


def board(world: World) -> Use:
    post = {
        "model": [PAINT],
        "planned": "1",
        "shared.prompt": "a fox",
        "~do": "run",
        "~token": uuid.uuid4().hex,
    }
    address = f"/compare/new/{world.here}"
    return lambda: read_answer(world.browser.post(address, post, follow=True))


def board_of_program(world: World) -> Use:
    """Create a board by the API."""
    body = {"columns": [{"endpoint_id": PAINT}], "rows": [{"prompt": "a fox"}]}
    return lambda: post_json(world.program(), "/api/v1/boards", body)


def more_of_board(world: World) -> Use:
    """Add a row to a board by the API."""
    a_board = make_board(world)
    body = {"rows": [{"prompt": "a wolf"}]}
    return lambda: post_json(world.program(), f"/api/v1/boards/{a_board.pk}/cells", body)


def board_held(world: World) -> Use:
    """Send the cells that the board's cap has held back."""
    a_board = make_board(world, cap="0.001")
    Board.objects.update(cap_usd=None)
    address = f"{a_board.get_absolute_url()}continuation/"
    return lambda: read_answer(world.browser.post(address, follow=True))


def board_failed(world: World) -> Use:
    """Run a board's failed cells again."""
    a_board = make_board(world)
    Run.objects.filter(project=world.project).update(state="failed")
    address = f"{a_board.get_absolute_url()}repetition/"
    return lambda: read_answer(world.browser.post(address, follow=True))


def board_cell(world: World) -> Use:
    """Run one cell again."""
    a_board = make_board(world)
    cell = a_board.cells.get()
    address = f"{a_board.get_absolute_url()}cells/{cell.pk}/"
    return lambda: read_answer(world.browser.post(address, follow=True))


def make_board(world: World, cap: str = "") -> Board:
    """Return a board of one cell, which has its run unless the cap holds it back."""
    model = world.endpoint(PAINT)
    post = {"model": [PAINT], "planned": ["1"], "shared.prompt": ["a fox"], "cap": [cap]}
    plan, token = read_plan(post, [model], model), uuid.uuid4().hex
    return sending.run_plan(world.user, plan, expand(plan), token, project=world.project).board


def flow(world: World) -> Use:
    """Run a flow on its page."""
    a_flow = new_flow(world)
    post = {"~token": uuid.uuid4().hex, "prompt": "a fox", "prompt_2": "in snow"}
    address = f"{a_flow.get_absolute_url()}{world.here}"
    return lambda: read_answer(world.browser.post(address, post, follow=True))


def flow_of_program(world: World) -> Use:
    """Run a flow by the API."""
    a_flow = new_flow(world)
    return lambda: post_json(world.program(), f"/api/v1/flows/{a_flow.pk}/runs", {"inputs": {}})


def next_step(world: World) -> Use:
    """The worker starts the next step of a running flow."""
    flow_run = run_flow(world)
    succeed(flow_run.steps.get().run)  # type: ignore[arg-type]

    def use() -> str:
        advance.advance(flow_run.pk)
        return read_answer(world.browser.get(flow_run.get_absolute_url()))

    return use


def flow_again(world: World) -> Use:
    """Retry a flow from a step."""
    flow_run = run_flow(world)
    Run.objects.filter(project=world.project).update(state="failed")
    advance.advance(flow_run.pk)
    press = {"~do": f"again:{flow_run.steps.get().step}:1"}
    address = flow_run.get_absolute_url()
    return lambda: read_answer(world.browser.post(address, press, follow=True))


def new_flow(world: World) -> Flow:
    """Return a flow that makes an image and edits it."""
    definition = chained(FLUX, SEEDREAM).as_json()
    new = world.project.for_new_work()
    return Flow.objects.create(user=world.user, name="fox", definition=definition, **new)


def run_flow(world: World) -> FlowRun:
    a_flow = new_flow(world)
    definition = parse_definition(a_flow.definition)
    token = uuid.uuid4().hex
    return flow_starting.start(world.user, a_flow, definition, token, project=world.project)[0]
