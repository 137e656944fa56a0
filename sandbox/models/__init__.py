"""Every model of the sandbox, one JSON file each, in the order of the catalogue.

The best come first, misbehaving ones last. A file has the fields of `Model`; its `metadata` is the
catalogue's, and its schemas are as they stand in the OpenAPI document.
"""

import json
from pathlib import Path

from sandbox.contract.registry import Model

_FOLDER = Path(__file__).parent
_LISTED = """
aurora flight scribe ridgeline voice restyle kiln eye drift lite trainer listen storyboard router
slow fail clock mislabelled curiosities
"""


def _read(name: str) -> Model:
    return Model(**json.loads((_FOLDER / f"{name}.json").read_text()))


MODELS: list[Model] = [_read(name) for name in _LISTED.split()]
UNLISTED: list[Model] = [_read("mishap")]
