"""The addresses of the library."""

from __future__ import annotations

from django.urls import path

from features.library.views import picker, relations, selection_actions, uploads, wall
from features.library.views.prompts import prompts
from features.library.views.prompts.prompts import PROMPTS
from features.library.views.series import (
    contents,
    destinations,
    mentions,
    packing,
    series,
)
from features.library.views.series.series import SERIES
from features.library.views.views import VIEWS

app_name = "library"
urlpatterns = [
    path("runs/", wall.index, name="runs"),
    path("runs/count/", wall.count, name="runs-count"),
    path("runs/facets/", wall.narrowing, name="facets"),
    path("runs/newer/", wall.newer, name="newer"),
    path("runs/suggestions/", wall.suggestions, name="line-suggestions"),
    *VIEWS.urls(),
    path("runs/archives/", selection_actions.archives, name="archives"),
    path("runs/<uuid:pk>/descent/", relations.descent, name="run-descent"),
    path("runs/comparison/", selection_actions.comparison, name="results-comparison"),
    path("runs/board/", selection_actions.board, name="results-board"),
    path("runs/uses/", selection_actions.uses, name="results-uses"),
    path("runs/stars/", selection_actions.stars, name="results-stars"),
    path("uploads/choices/", picker.choices, name="choices"),
    path("uploads/deletion/", uploads.deletions, name="uploads-deletion"),
    path("uploads/recovery/", uploads.recovery, name="uploads-recovery"),
    *SERIES.urls(),
    path("series/offered/", series.offered, name="series-offered"),
    # The model stands last: its id may contain slashes and any word.
    path("series/packing/<path:endpoint_id>/", packing.packing, name="packing"),
    path("series/additions/", series.additions, name="results-additions"),
    path("series/mentioned/", mentions.mentioned, name="series-mentioned"),
    path("series/mentioned/cover/", mentions.cover, name="mention-cover"),
    path("series/destination/", destinations.choose, name="destination"),
    path("series/<uuid:pk>/files/", contents.files, name="series-files"),
    path("series/<uuid:pk>/captions/", contents.captions, name="series-captions"),
    path("series/<uuid:pk>/order/", contents.order, name="series-order"),
    path("series/<uuid:pk>/cover/", contents.cover, name="series-cover"),
    path("series/<uuid:pk>/removals/", contents.removals, name="series-removals"),
    *PROMPTS.urls(),
    path("prompts/offered/", prompts.offered, name="prompts-offered"),
    path("prompts/<uuid:pk>/text/", prompts.text, name="prompt-text"),
]
