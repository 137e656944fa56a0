"""Makes a data set's ZIP, stores it as an ordinary upload, and fills the trainer's form with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING

from django.core.files.storage import default_storage

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.file_names import clean_name
from core.http.parameters import parse_uuid
from core.refusals import Refused
from features.training.data.checks import findings_of
from features.training.data.items import Item, items_of, kept
from features.training.models import Dataset, DatasetArchive
from playground.form import form_state
from playground.form.form_state import FormState
from playground.form.prefill import use_as
from runs.files import archive_uploads, input_references, uploads
from runs.models import Upload
from schemas.uses.archives import Rules, rules_of
from schemas.uses.placing import place, values_at

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def rules_for(endpoint: Endpoint) -> Rules | None:
    """Return the rules of a trainer; None if none of its fields takes an archive."""
    return rules_of(version_of(endpoint).root, endpoint.endpoint_id)


def pack(dataset: Dataset, rules: Rules, user: User) -> Upload:
    """Make the ZIP and store it in the data set's project; equal ZIPs give the same upload.

    Raises Refused if the data set violates a rule or lacks a file, and ValueError as
    `uploads.store` does.
    """
    items = kept(items_of(dataset.files))
    blocking = [finding.text for finding in findings_of(items, rules) if finding.is_blocking]
    if blocking:
        raise Refused(" ".join(blocking))
    name = f"{clean_name(dataset.name)[:80]}.zip"
    files, texts = _opened(items), captions(items, rules)
    upload = archive_uploads.store(user.pk, name, files, texts, dataset.project)
    uploads.show_with(dataset, [upload.get_absolute_url()])
    DatasetArchive.objects.get_or_create(dataset=dataset, upload=upload)
    return upload


def captions(items: Sequence[Item], rules: Rules) -> dict[str, str]:
    """Return the caption files by name: one for each file, or for each pair."""
    return {
        f"{item.root if rules.is_of_pairs else item.stem}.txt": item.caption
        for item in items
        if item.caption.strip() and not (rules.has_masks and item.is_mask)
    }


def _opened(items: Sequence[Item]) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield each file with its name, opened one after the other."""
    keys = {
        item.name: match[1]
        for item in items
        if (match := input_references.UPLOAD.match(item.address))
    }
    by_key = Upload.objects.in_bulk(list(keys.values()))  # only `adding` writes their addresses
    stored_names = {str(key): upload.file for key, upload in by_key.items()}
    for item in sorted(items, key=lambda item: item.name):
        file = stored_names.get(keys.get(item.name, ""))
        try:
            if not file:
                raise FileNotFoundError
            yield item.name, default_storage.open(file)
        except FileNotFoundError as error:
            message = f"{item.name} is no longer in the storage. Remove it, and add it again."
            raise Refused(message) from error


def fill(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    """Return the user's current form of the trainer, with the data set filled in.

    `key` is `<data set>/<upload>`. The trigger word is filled in as well, or used as the default
    caption if the form has only that field. None if there is no such archive.
    """
    first, _, second = key.partition("/")
    dataset, upload = parse_uuid(first), parse_uuid(second)
    archives = DatasetArchive.objects.select_related("dataset", "upload").filter(
        dataset__in=Dataset.objects.kept().shown_to(user), dataset_id=dataset, upload=upload
    )
    archive = archives.first() if dataset and upload else None
    rules = rules_for(endpoint)
    if archive is None or rules is None:
        return None
    root = version_of(endpoint).root
    before = use_as.held_before(user, endpoint)
    arguments = form_state.parse_form_leniently(endpoint, before).arguments
    arguments = place(root, arguments, rules.path, archive.upload.get_absolute_url())
    word, field = archive.dataset.trigger_word, rules.trigger
    if word and not field and not values_at(arguments, rules.default_caption or "-"):
        field = rules.default_caption
    if word and field:
        arguments = place(root, arguments, field, word)
    filled = form_state.from_arguments(endpoint, arguments)
    message = f"“{rules.label}” now holds the data set “{archive.dataset.name}”."
    return FormState({**before_marks(before), **filled.post}, message)


def before_marks(post: form_state.Post) -> form_state.Post:
    """Return the controls of a post that are marks, not arguments."""
    return {form_state.HOUSE: post[form_state.HOUSE]} if form_state.HOUSE in post else {}
