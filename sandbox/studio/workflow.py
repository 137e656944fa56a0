"""Workflows: several models in a row, each step told as fal tells it."""

from typing import Any

from sandbox.context import Context, digest
from sandbox.registry import Arguments
from sandbox.studio import canvas, eye, landscapes, patterns

STEPS = (("wide", landscapes.ridgeline), ("detail", patterns.bloom), ("night", landscapes.aurora))


def storyboard(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Three pictures and a caption from one sentence."""
    seed, frames, captions = context.seed(arguments), [], []
    for number, (node, painter) in enumerate(STEPS, 1):
        run = f"{digest(node, seed):08x}"
        event = {"type": "submit", "node_id": node, "app_id": f"sandbox/{painter.__name__}"}
        context.emit(event | {"request_id": run})
        image = painter(arguments["prompt"], seed + number, (768, 432))
        frame = canvas.save(context, image, "jpeg", node)
        frames.append(frame)
        captions.append(f"{node.title()}: {eye.measure(image)['mood']}")
        context.emit({"type": "completion", "node_id": node, "output": {"images": [frame]}})
        context.step(number, len(STEPS), "Finished", 0.15)
    return {"frames": frames, "caption": "\n".join(captions), "seed": seed}
