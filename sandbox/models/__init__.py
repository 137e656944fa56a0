"""Every model of the sandbox, in catalogue order."""

from sandbox.models import image_to_image, text_to_image
from sandbox.registry import Model

MODELS: list[Model] = [*text_to_image.MODELS, *image_to_image.MODELS]
