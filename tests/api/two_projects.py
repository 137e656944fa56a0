"""Two projects with one object of every kind; each project's texts contain its own word."""

import uuid
from dataclasses import dataclass
from typing import Any

from catalog.models import Endpoint
from features.boards.models import Board, Cell, Column, Row
from features.flows.models import Flow, FlowRun
from features.notifications.models import Delivery
from projects.models import Project
from runs.models import Preset, Run, Upload


@dataclass(frozen=True)
class Filled:
    """A project, its word, and the keys of its objects by the API's names."""

    project: Project
    word: str
    keys: dict[str, Any]


def fill(project: Project, word: str, user: Any, endpoint: Endpoint) -> Filled:
    """Fill the project with one object of every kind by `user`."""
    place = {"user": user, "project": project}
    prompt = {"prompt": f"a {word} fox"}
    run = Run.objects.create(
        **place, endpoint=endpoint, title=prompt["prompt"], arguments=prompt, state="succeeded",
        output={"text": word}, form_token=uuid.uuid4().hex,
    )  # fmt: skip
    board = Board.objects.create(
        **place, source=endpoint, title=f"{word} board", form_token=uuid.uuid4().hex
    )
    row = Row.objects.create(board=board, position=0, label=word, values=prompt)
    column = Column.objects.create(board=board, position=0, endpoint=endpoint, digest="0")
    Cell.objects.create(board=board, row=row, column=column, run=run)
    step = {"id": "a", "endpoint": endpoint.endpoint_id, "arguments": prompt}
    flow = Flow.objects.create(**place, name=f"{word} flow", definition={"steps": [step]})
    flow_run = FlowRun.objects.create(
        **place, flow=flow, definition=flow.definition, form_token=uuid.uuid4().hex
    )
    preset = Preset.objects.create(**place, endpoint=endpoint, name=word, arguments=prompt)
    upload = Upload.objects.create(
        **place, digest=uuid.uuid4().hex, file="x.png", file_name=f"{word}.png",
        content_type="image/png", size_bytes=1,
    )  # fmt: skip
    delivery = Delivery.objects.create(
        user=user, method="runs", address=f"https://{word}.example/", run=run, state="failed"
    )
    keys = {
        "run_id": run.pk,
        "board_id": board.pk,
        "flow_id": flow.pk,
        "flow_run_id": flow_run.pk,
        "preset_id": preset.pk,
        "upload_id": upload.pk,
        "delivery_id": delivery.pk,
        "position": 0,
    }
    return Filled(project, word, keys)
