"""Models that output text or data, the trainer, and the account's workflows as models."""

from sandbox.contract.registry import COMPLETIONS, Model
from sandbox.contract.schema import (
    array,
    boolean,
    choice,
    integer,
    mapping,
    media,
    number,
    optional,
    record,
    ref,
    text,
)
from sandbox.models.common import ARCHIVE, PICTURE, SEED, USED_SEED, output
from sandbox.workflows import MISHAP, STORYBOARD

ROUTER = Model(
    f"openrouter/router/openai/v1{COMPLETIONS}",
    "OpenRouter Chat Completions [OpenAI Compatible]",
    "llm",
    "Takes OpenAI's chat body and answers in its form, from the words of the last message.",
    # Like upstream's, the document does not describe the body.
    {"title": "ChatCompletionsInput", "type": "object", "properties": {}},
    {"title": "ChatCompletionsOutput", "type": "object", "properties": {}},
    "completions:complete",
    sample={
        "model": "sandbox/scribe",
        "messages": [{"role": "user", "content": "Write about mountains and paper"}],
    },
    price=0.0005,
    unit="1000 tokens",
    tags=("chat", "stream", "test"),
    date="2026-11-12T08:00:00.000Z",
    updated="2026-11-19T08:00:00.000Z",
)

SCRIBE = Model(
    "sandbox/scribe",
    "Scribe",
    "llm",
    "Composes short essays from your words by a grammar of its own. Streams.",
    record(
        "ChatInput",
        {
            "prompt": text(
                "What to write about.",
                minLength=1,
                maxLength=5000,
                examples=["Write about mountains, paper and the colour of evening"],
            ),
            "system_prompt": optional({"type": "string"}, "The model ignores it."),
            "format": choice(["markdown", "plain"], "How to write.", default="markdown"),
            "max_tokens": integer("About how many words.", 20, 2000, default=180),
            "reasoning": boolean("Also return how the answer was made.", default=False),
            "seed": SEED,
        },
        ["prompt"],
    ),
    output(
        "ChatOutput",
        ["output"],
        output=text("Generated output"),
        partial=boolean("Whether the output is partial", default=False),
        error=optional({"type": "string"}, "Error message if an error occurred"),
        reasoning=optional({"type": "string"}, "How the answer was made"),
        usage=mapping({"type": "number"}, "What was counted."),
    ),
    "words:write",
    price=0.0005,
    unit="1000 tokens",
    streams=True,
    tags=("chat", "stream"),
    highlighted=True,
    date="2026-11-10T08:00:00.000Z",
    updated="2026-11-19T08:00:00.000Z",
)

EYE = Model(
    "sandbox/eye",
    "Eye",
    "vision",
    "Describes a picture by what can be measured: light, colours, size. As Markdown and as data.",
    record(
        "VisionInput",
        {
            "image_url": media("image", "The picture to look at.", examples=[PICTURE]),
            "prompt": text("A question. The model cannot answer it.", default=""),
            "colours": integer("How many colours to find.", 2, 16, default=5),
        },
        ["image_url"],
    ),
    output(
        "VisionOutput",
        ["output", "result"],
        output=text("The description, in Markdown."),
        result=mapping(True, "Everything that was measured."),
    ),
    "descriptions:describe",
    price=0.001,
    tags=("caption", "json"),
    date="2026-06-10T08:00:00.000Z",
)

TRAINER = Model(
    "sandbox/aurora/trainer",
    "Aurora Trainer",
    "training",
    "Learns the colours of your pictures. The file it returns is a LoRA for Aurora.",
    record(
        "TrainerInput",
        {
            "images_data_url": media(
                "file", "URL to a ZIP archive with at least two pictures.", examples=[ARCHIVE]
            ),
            "trigger_word": text(
                "The word that stands for what was learned.", default="sndbx", minLength=2
            ),
            "steps": integer("Number of steps to train.", 10, 4000, default=400, multipleOf=10),
            "learning_rate": number("Learning rate.", exclusiveMinimum=0, high=0.1, default=0.0005),
            "is_style": boolean("Learn style instead of subject.", default=True),
            "create_masks": boolean("No longer used.", default=False, deprecated=True),
        },
        ["images_data_url"],
    ),
    output(
        "TrainerOutput",
        ["diffusers_lora_file", "config_file"],
        diffusers_lora_file=ref("File"),
        config_file=ref("File"),
    ),
    "training:train",
    kind="training",
    group=("aurora", "Trainer"),
    inference=("sandbox/aurora", "sandbox/aurora/image-to-image"),
    price=0.002,
    unit="steps",
    minutes=0.2,
    tags=("training", "lora"),
    date="2026-10-07T08:00:00.000Z",
)
# The catalogue lists public workflows only.
STORYBOARD_WORKFLOW = Model(
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
MISHAP_WORKFLOW = Model(
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
