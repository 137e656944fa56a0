"""A house in which three people use one model in 34 places of seven kinds."""

import uuid
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from api.models import Token
from catalog.models import Collection, CollectionItem, Endpoint
from features.boards.models import Board, Cell, Column, Row
from features.flows.models import Flow
from features.library.models import Prompt, PromptRun
from runs.models import Charge, Preset, Run
from tests.api.openai_proxy.documents import document

OLD, NEW = "lab/chat/v1", "lab/chat/v2"
TEXT = {"type": "string"}
WARMTH = {"type": "number", "minimum": 0, "maximum": 2}
OLD_DOCUMENT = document(
    {"prompt": TEXT, "temperature": WARMTH, "mood": TEXT | {"enum": ["calm", "wild"]}}, ["prompt"]
)
NEW_DOCUMENT = document({"prompt": TEXT, "temperature": WARMTH | {"maximum": 1}}, ["prompt"])
SETTINGS = {"prompt": "a fox", "temperature": 1.5, "mood": "calm"}
COUNTS = {"preset": 9, "step": 6, "column": 6, "prompt": 6, "token": 3}


def furnish(make_endpoint: Any, people: list[User]) -> tuple[Endpoint, Endpoint]:
    """Make the model, its newer version, and everything that uses the model."""
    inputs = [["prompt", "text", "prompt", "Prompt", True]]
    old, new = (
        make_endpoint(name, made_of, category="llm", inputs=inputs, facts=["out:text"])
        for name, made_of in ((OLD, OLD_DOCUMENT), (NEW, NEW_DOCUMENT))
    )
    for number in range(COUNTS["preset"]):
        of(people, number, Preset, name=f"Preset {number}", endpoint=old, arguments=SETTINGS)
    house = {"name": "House", "endpoint": old, "arguments": SETTINGS, "is_shared": True}
    of(people, 0, Preset, **house, is_house_default=True)
    for number in range(COUNTS["step"]):
        step = {"id": "s1", "endpoint": OLD, "arguments": SETTINGS, "wires": []}
        definition = {"version": 1, "steps": [step], "inputs": []}
        of(people, number, Flow, name=f"Flow {number}", definition=definition)
    for number in range(COUNTS["column"]):
        board(of(people, number, Board, title=f"Board {number}", source=old, form_token=number))
    for number in range(COUNTS["prompt"]):
        run = of(people, number, Run, **a_run(old))
        prompt = of(people, number, Prompt, name=f"Prompt {number}", text="a fox")
        PromptRun.objects.create(prompt=prompt, run=run)
    for number in range(COUNTS["token"]):
        token = Token.objects.create(user=people[number], name=f"Program {number}", digest=number)
        Charge.objects.create(endpoint=old, token_id=token.pk, created_at=timezone.now())
    for number in range(3):
        owner = people[number]
        collection = Collection.objects.create(slug=f"c{number}", title=f"C {number}", owner=owner)
        CollectionItem.objects.create(collection=collection, endpoint=old, note="Good.")
    return old, new


def of(people: list[User], number: int, model: Any, **values: Any) -> Any:
    """Make a row of one of the people in turn."""
    return model.objects.create(user=people[number % len(people)], **values)


def a_run(endpoint: Endpoint) -> dict[str, Any]:
    """Return the columns of a run that has succeeded."""
    return {
        "endpoint": endpoint,
        "arguments": SETTINGS,
        "state": Run.State.SUCCEEDED,
        "output": {"output": "Yes."},
        "form_token": uuid.uuid4().hex,
    }


def board(made: Board) -> None:
    """Give a board a row, and a column with a run."""
    row = Row.objects.create(board=made, position=0, values={"prompt": "a fox"}, digest="r")
    column = Column.objects.create(
        board=made, position=0, endpoint=made.source, settings=SETTINGS, digest="c"
    )
    run = Run.objects.create(user=made.user, project=made.project, **a_run(made.source))
    Cell.objects.create(board=made, row=row, column=column, run=run)
