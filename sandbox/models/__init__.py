"""Every model of the sandbox, in catalogue order: the best first, misbehaving ones last."""

from sandbox.contract.registry import Model
from sandbox.models import media, mischief, pictures, text, workflows

MODELS: list[Model] = [
    pictures.AURORA,
    media.FLIGHT,
    text.SCRIBE,
    pictures.RIDGELINE,
    media.VOICE,
    pictures.RESTYLE,
    media.KILN,
    text.EYE,
    media.DRIFT,
    pictures.LITE,
    text.TRAINER,
    media.LISTEN,
    workflows.LISTED,
    text.ROUTER,
    *mischief.MODELS,
]
UNLISTED: list[Model] = workflows.UNLISTED
