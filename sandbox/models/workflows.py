"""The account's workflows as endpoints; the catalogue lists public ones only."""

from sandbox.contract.registry import Model
from sandbox.contract.schema import array, record, ref, text
from sandbox.models.common import SEED, USED_SEED, output
from sandbox.workflows import MISHAP, STORYBOARD

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
    Model(
        MISHAP.endpoint_id,
        MISHAP.title,
        "workflow",
        MISHAP.description,
        record(
            "MishapInput",
            {"prompt": text(), "ending": text(default="content_policy_violation")},
            ["prompt"],
        ),
        record("MishapOutput", {}),
        "workflow:mishap",
        price=0.0,
        unit="runs",
        streams=True,
        listed=False,
    )
]
