"""The addresses from which pages load an artifact and its thumbnail."""

from __future__ import annotations

import re
from collections.abc import Iterable

from catalog import upstream
from runs.file_kinds import kind_named
from runs.models import Artifact, Run

_RESULT = re.compile(r"/runs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/artifacts/[0-9]{1,6}/")
_MAX_ORIGINS = 200


def thumbnail_url(artifact: Artifact, src: str) -> str:
    """Return the thumbnail's address; `src` for a picture without one, else ""."""
    if artifact.thumbnail:
        return f"{artifact.get_absolute_url()}thumbnail/"
    return src if kind_named(artifact.kind).is_still else ""


def artifact_url(artifact: Artifact) -> str:
    """Return our copy's address, else upstream's while it works; "" if neither can be shown.

    We also serve a file that upstream sent as a data URL, so that pages need not contain it.
    """
    if artifact.state == Artifact.State.STORED:
        return artifact.get_absolute_url()
    is_available = artifact.state == Artifact.State.REMOTE and artifact.size_bytes != 0
    if not (is_available and may_show(artifact.address)):
        return ""
    return artifact.get_absolute_url() if artifact.is_inline else artifact.address


def may_show(url: str) -> bool:
    """Whether a page may load this upstream address."""
    return url.startswith("data:") or upstream.addresses().is_media(url)


def run_of(address: str) -> str:
    """Return the id of the run whose artifact has this address; empty for other addresses."""
    match = _RESULT.fullmatch(address)
    return match[1] if match else ""


def origins(texts: Iterable[str]) -> dict[str, str]:
    """Return, by address, the model that made each past result in `texts`; at most one query."""
    run_ids = {text: match[1] for text in texts if (match := _RESULT.fullmatch(text))}
    if not run_ids:
        return {}
    origin_pks = sorted(set(run_ids.values()))[:_MAX_ORIGINS]
    rows = Run.objects.filter(pk__in=origin_pks).named()
    names = {str(run.pk): run.endpoint.name for run in rows}
    return {text: names[run] for text, run in run_ids.items() if run in names}
