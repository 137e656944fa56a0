"""The account's workflows as endpoints, which no list contains."""

from sandbox.contract.registry import Model
from sandbox.contract.schema import array, mapping, record, ref, text
from sandbox.models.common import SEED, USED_SEED, output
from sandbox.workflows import MISHAP, POSTCARD, STORYBOARD, Workflow


def _private(workflow: Workflow, work: str, **fields: object) -> Model:
    required = [name for name in fields if name in ("place", "prompt", "workflow")]
    return Model(
        workflow.endpoint_id,
        workflow.title,
        "workflow",
        workflow.description,
        record(f"{workflow.title.title().replace(' ', '')}Input", fields, required),  # type: ignore[arg-type]
        record(f"{workflow.title.title().replace(' ', '')}Output", {}),
        f"workflow:{work}",
        price=0.0,
        unit="runs",
        streams=True,
        listed=False,
    )


LISTED = Model(
    STORYBOARD.endpoint_id,
    STORYBOARD.title,
    "workflow",
    STORYBOARD.description,
    record(
        "StoryboardInput",
        {
            "prompt": text("The sentence.", examples=["A traveller reaches the sea in autumn"]),
            "seed": SEED,
        },
        ["prompt"],
    ),
    output(
        "StoryboardOutput",
        ["frames", "caption"],
        frames=array(ref("Image"), "The frames."),
        caption=text("What was measured."),
        seed=USED_SEED,
    ),
    "workflow:storyboard",
    price=0.04,
    unit="runs",
    streams=True,
    tags=("workflow",),
    date=STORYBOARD.created_at,
)

UNLISTED = [
    _private(
        POSTCARD, "postcard", place=text("Where the postcard is from."), ink=text(default="#1b2a6b")
    ),
    _private(MISHAP, "mishap", prompt=text(), ending=text(default="content_policy_violation")),
    Model(
        "workflows/execute",
        "Execute",
        "workflow",
        "Runs a definition that is sent along.",
        record("ExecuteInput", {"input": mapping(True), "workflow": mapping(True)}, ["workflow"]),
        record("ExecuteOutput", {}),
        "workflow:inline",
        price=0.0,
        unit="runs",
        streams=True,
        listed=False,
    ),
]
