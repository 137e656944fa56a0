"""The addresses of the library."""

from __future__ import annotations

from django.urls import path, reverse_lazy
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from library.views import archives, descent, differences, likeness, views, wall
from library.views.prompts import exchange, field, lists, prompt
from library.views.references import field as reference_field
from library.views.references import lists as reference_lists
from library.views.references import pictures, reference
from library.views.selected import boards, stars, uses
from library.views.series import items, of_run, series
from library.views.series import lists as series_lists

app_name = "library"
urlpatterns = [
    path("runs/", wall.index, name="runs"),
    path("runs/count/", wall.count, name="runs-count"),
    path("runs/facets/", wall.narrowing, name="facets"),
    path("runs/newer/", wall.newer, name="newer"),
    path("runs/suggestions/", wall.suggestions, name="line-suggestions"),
    path("views/", views.index, name="views"),
    path("views/new/", views.new, name="view-new"),
    path("views/<uuid:pk>/", views.view, name="view"),
    path("views/<uuid:pk>/form/", views.change, name="view-form"),
    path("views/<uuid:pk>/deletion/", views.deletion, name="view-deletion"),
    path("views/recovery/", views.recovery, name="view-recovery"),
    path("runs/archives/", archives.archives, name="archives"),
    path("runs/differences/", differences.differences, name="differences"),
    path("runs/<uuid:pk>/descent/", descent.descent, name="run-descent"),
    path("runs/comparison/", boards.comparison, name="results-comparison"),
    path("runs/board/", boards.board, name="results-board"),
    path("runs/uses/", uses.uses, name="results-uses"),
    path("runs/stars/", stars.stars, name="results-stars"),
    path("runs/<uuid:pk>/series/", of_run.of_run, name="run-series"),
    path(
        "searches/",
        require_safe(RedirectView.as_view(pattern_name="library:views")),
        name="searches",
    ),
    path(
        "searches/<path:rest>",
        require_safe(RedirectView.as_view(url=reverse_lazy("library:views"))),
        name="search",
    ),
    path(
        "tags/", require_safe(RedirectView.as_view(pattern_name="library:all-series")), name="tags"
    ),
    path("series/", series_lists.index, name="all-series"),
    path("series/offered/", items.offered, name="series-offered"),
    path("series/additions/", items.additions, name="results-additions"),
    path("series/recovery/", series.recovery, name="all-series-recovery"),
    path("series/<uuid:pk>/", series.page, name="series"),
    path("series/<uuid:pk>/name/", series.name, name="series-name"),
    path("series/<uuid:pk>/deletion/", series.deletion, name="series-deletion"),
    path("series/<uuid:pk>/order/", items.order, name="series-order"),
    path("series/<uuid:pk>/cover/", items.cover, name="series-cover"),
    path("series/<uuid:pk>/removals/", items.removals, name="series-removals"),
    path(
        "series/<uuid:pk>/removals/undoing/", items.removals_undoing, name="series-removals-undoing"
    ),
    path("prompts/", lists.index, name="prompts"),
    path("prompts/new/", prompt.new, name="prompt-new"),
    path("prompts/offered/", field.offered, name="prompts-offered"),
    path("prompts/recovery/", prompt.recovery, name="prompt-recovery"),
    path("prompts/import/", exchange.import_, name="prompts-import"),
    path("prompts/prompts.json", exchange.as_json, name="prompts-json"),
    path("prompts/prompts.csv", exchange.as_csv, name="prompts-csv"),
    path("prompts/<uuid:pk>/", prompt.page, name="prompt"),
    path("prompts/<uuid:pk>/form/", prompt.change, name="prompt-form"),
    path("prompts/<uuid:pk>/text/", field.text, name="prompt-text"),
    path("prompts/<uuid:pk>/deletion/", prompt.deletion, name="prompt-deletion"),
    path("prompts/<uuid:pk>/versions/", prompt.versions, name="prompt-versions"),
    path(
        "prompts/<uuid:pk>/versions/<int:version>/recovery/",
        prompt.version_recovery,
        name="prompt-version-recovery",
    ),
    path("references/", reference_lists.index, name="references"),
    path("references/new/", reference.new, name="reference-new"),
    path("references/offered/", reference_field.offered, name="references-offered"),
    path("references/cover/", reference_field.cover, name="references-cover"),
    path("references/additions/", pictures.addition, name="reference-addition"),
    path("references/recovery/", reference.recovery, name="reference-recovery"),
    path("references/<uuid:pk>/", reference.page, name="reference"),
    path("references/<uuid:pk>/form/", reference.change, name="reference-form"),
    path("references/<uuid:pk>/pictures/", pictures.change_pictures, name="reference-pictures"),
    path("references/<uuid:pk>/results/", pictures.offer_results, name="reference-results"),
    path("references/<uuid:pk>/deletion/", reference.deletion, name="reference-deletion"),
    path(
        "references/<uuid:pk>/versions/<int:version>/recovery/",
        reference.version_recovery,
        name="reference-version-recovery",
    ),
    path("runs/<uuid:pk>/artifacts/<int:position>/like/", likeness.like, name="artifact-like"),
]
