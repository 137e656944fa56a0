"""The addresses from which pages load an artifact and its thumbnail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from catalog import upstream
from runs.file_kinds import kind_named
from runs.files.own_addresses import mapped
from runs.models import Artifact, Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_RESULT = re.compile(r"/runs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/artifacts/[0-9]{1,6}/")
_MAX_ORIGINS = 200


def thumbnail_url(artifact: Artifact, src: str) -> str:
    """Return the thumbnail's address; `src` of a picture that browsers show, else ""."""
    if artifact.thumbnail:
        return f"{artifact.get_absolute_url()}thumbnail/"
    return src if kind_named(artifact.kind).is_still and artifact.is_for_browsers else ""


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


def with_own_results(arguments: Any, user: User) -> Any:
    """Return arguments with our paths for upstream's addresses of results that the user may read.

    Programs take these addresses from outputs. Only a run that names our path is known to have the
    result as an input: for its line of descent, and so that fal does not delete it too early.
    """
    addresses: set[str] = set()

    def collect(text: str) -> str:
        if text.lstrip()[:4].lower() == "http" and upstream.addresses().is_media(text.strip()):
            addresses.add(text.strip())
        return text

    mapped(arguments, collect)
    if not addresses:
        return arguments
    results = Artifact.objects.beginning_as(addresses).exclude(state=Artifact.State.LOST)
    readable = results.filter(run__in=Run.objects.visible_to(user)).order_by("-pk")
    paths = {result.url: result.get_absolute_url() for result in readable}
    return mapped(arguments, lambda text: paths.get(text.strip(), text)) if paths else arguments


def with_copies(output: Any, artifacts: Iterable[Artifact], absolute: Callable[[str], str]) -> Any:
    """Return an output with the addresses of our copies, which do not expire as upstream's do."""
    copies = {
        artifact.address: absolute(artifact.get_absolute_url())
        for artifact in artifacts
        if artifact.state == Artifact.State.STORED and not artifact.is_inline
    }
    return mapped(output, lambda text: copies.get(text, text)) if copies else output


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
