"""The addresses of the library."""

from __future__ import annotations

from django.urls import path

from library.views import archives, descent, differences, likeness
from library.views.prompts import exchange, field, lists, prompt
from library.views.references import field as reference_field
from library.views.references import lists as reference_lists
from library.views.references import pictures, reference

app_name = "library"
urlpatterns = [
    path("runs/archives/", archives.archives, name="archives"),
    path("runs/differences/", differences.differences, name="differences"),
    path("runs/<uuid:pk>/descent/", descent.descent, name="run-descent"),
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
