"""Every model of the sandbox, in catalogue order: the best first, misbehaving ones last."""

from sandbox.contract.registry import Model
from sandbox.models import media, mischief, pictures, text

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
    text.STORYBOARD_WORKFLOW,
    text.ROUTER,
    *mischief.MODELS,
]
UNLISTED: list[Model] = [text.MISHAP_WORKFLOW]
