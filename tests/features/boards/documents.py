"""Small OpenAPI documents of the models that boards compare."""

from typing import Any

from tests.schemas import strategies

PROMPT: dict[str, Any] = {"type": "string"}
STEPS: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 50, "default": 28}
SEED: dict[str, Any] = {"type": "integer"}


def document(*required: str, **properties: Any) -> Any:
    """Return a document whose operation takes these input properties."""
    return strategies.document(
        {"type": "object", "properties": properties, "required": list(required)}
    )


FLUX = document("prompt", prompt=PROMPT, num_inference_steps=STEPS, seed=SEED)
TURBO = document("prompt", prompt=PROMPT, steps=STEPS | {"maximum": 8, "default": 4}, seed=SEED)
VOICE = document("text", text=PROMPT, voice={"type": "string", "enum": ["ann", "bob"]})
EDIT = document(
    "prompt",
    "image_url",
    prompt=PROMPT,
    image_url={"type": "string", "ui": {"field": "image"}},
    seed=SEED,
)
