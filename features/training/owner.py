"""Answers questions of `runs` about data sets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from features.training.data import packing
from features.training.models import Dataset, DatasetArchive
from runs.files.input_references import sources_in
from runs.models import Upload
from runs.promises.keeping import JsonColumn, Keeps, SelectedRows
from runs.promises.lifecycle import FillForm, Lifecycle


class TrainingOwner(Lifecycle, Keeps):
    """Data sets fill the forms of trainers."""

    def inputs_in_use(self) -> Sequence[JsonColumn]:
        """Return the files of data sets that are not deleted."""
        return (JsonColumn(Dataset.objects.kept(), "files"),)

    def goes_along(self, rows: SelectedRows) -> SelectedRows:
        """Return the files of moved data sets."""
        datasets = Dataset.objects.filter(pk__in=rows.get(Dataset, ()))
        files = sources_in(json.dumps([*datasets.values_list("files", flat=True)]))
        archives = DatasetArchive.objects.filter(dataset__in=datasets)
        return {Upload: set(archives.values_list("upload_id", flat=True)) | files}

    def form_sources(self) -> Mapping[str, FillForm]:
        """Return the function that fills a form with a data set."""
        return {"dataset": packing.fill}
