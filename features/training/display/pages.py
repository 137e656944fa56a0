"""The context of a data set's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.training.data import packing
from features.training.data.checks import counts_of, findings_of, noun
from features.training.data.items import items_of, kept
from features.training.models import Dataset
from projects.rights import Rights

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FILES_ON_PAGE = 48


def dataset_context(user: User, dataset: Dataset, page: int) -> dict[str, Any]:
    """Return one page of the files, with the checks of all files."""
    rights = Rights(user, dataset)
    items = items_of(dataset.files)
    kept_items = kept(items)
    rules = packing.rules_for(dataset.endpoint)
    pages = max(1, -(-len(kept_items) // FILES_ON_PAGE))
    page = min(max(page, 1), pages)
    checked: dict[str, Any] = {
        "dataset": dataset,
        "endpoint": dataset.endpoint,
        "items": kept_items[(page - 1) * FILES_ON_PAGE : page * FILES_ON_PAGE],
        "removed": [item for item in items if item.is_removed][-FILES_ON_PAGE:],
        "rules": rules,
        "page": page,
        "pages": pages,
        "may_change": rights.may_change,
        "why_not": rights.why_not,
        "may_delete": rights.may_remove,
    }
    if rules:
        counts = counts_of(kept_items, rules)
        checked |= {
            "counts": counts,
            "examples_text": noun(rules, counts.examples),
            "findings": findings_of(kept_items, rules),
        }
        checked["is_ready"] = not any(finding.is_blocking for finding in checked["findings"])
    return checked
