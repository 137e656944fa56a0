"""The models that take a trainer's weights: those linked in the catalogue, then its family."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from catalog.models import Endpoint, Revision
from catalog.related.use_index import uses
from features.training.models import Weights

MOST = 12
_TRAINER = re.compile(r"(?i)(?:[-_/](?:lora|fast|portrait))*+[-_/](?:trainer|training)\b.*")


@dataclass(frozen=True)
class Sibling:
    """A model with the path of its input for weights."""

    endpoint: Endpoint
    path: str

    def address_for(self, weights: Weights) -> str:
        """Return the address of the model's form with these weights in it."""
        query = urlencode({"weights": f"{weights.pk}/{self.path}"})
        return f"{self.endpoint.get_absolute_url()}?{query}"


def siblings_of(trainer: Endpoint) -> list[Sibling]:
    """Return the models of a trainer's family that take weights, most certain first.

    First come links of the catalogue in either direction (`inference_endpoint_ids`,
    `training_endpoint_ids`), then models of the same group, then ids with the same beginning.
    """
    takers = uses(Revision.current()).takers("weights").get("lora", [])
    paths: dict[int, str] = {}
    for taker in takers:
        paths.setdefault(taker.key, taker.input.path)
    paths.pop(trainer.pk, None)
    endpoints = Endpoint.objects.for_cards().filter(pk__in=_related(trainer, list(paths)))
    ranked = sorted(
        endpoints,
        key=lambda sibling: (_rank(trainer, sibling), sibling.position, sibling.endpoint_id),
    )
    return [Sibling(sibling, paths[sibling.pk]) for sibling in ranked[:MOST]]


def _related(trainer: Endpoint, keys: list[int]) -> list[int]:
    columns = ("pk", "endpoint_id", "group_key", "training_endpoint_ids")
    rows = Endpoint.objects.filter(pk__in=keys).only(*columns)
    return [row.pk for row in rows if _rank(trainer, row) < _UNRELATED]


_UNRELATED = 3


def _rank(trainer: Endpoint, endpoint: Endpoint) -> int:
    id_lists = trainer.inference_endpoint_ids, endpoint.training_endpoint_ids
    links, back_links = (ids if isinstance(ids, list) else [] for ids in id_lists)
    if endpoint.endpoint_id in links or trainer.endpoint_id in back_links:
        return 0
    if trainer.group_key and endpoint.group_key == trainer.group_key:
        return 1
    stem = _TRAINER.sub("", trainer.endpoint_id)
    return 2 if "/" in stem and endpoint.endpoint_id.startswith(stem) else _UNRELATED
