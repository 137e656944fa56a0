"""Every model of the sandbox, in catalogue order: the best first, misbehaving ones last."""

from sandbox.contract.registry import Model
from sandbox.models import (
    audio,
    image_to_image,
    mischief,
    solid,
    text,
    text_to_image,
    video,
    workflows,
)


def _shuffled() -> list[Model]:
    """Return the models with their categories alternating, so that the first page shows each."""
    columns = [text_to_image, video, image_to_image, text, audio, solid]
    longest = max(len(column.MODELS) for column in columns)
    return [c.MODELS[row] for row in range(longest) for c in columns if row < len(c.MODELS)]


MODELS: list[Model] = [*_shuffled(), *mischief.MODELS]
UNLISTED: list[Model] = workflows.UNLISTED
