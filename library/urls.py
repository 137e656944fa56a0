"""The addresses of the library."""

from __future__ import annotations

from django.urls import path

from library.views import archives, descent, differences, likeness, views, wall
from library.views.prompts import exchange, field, lists, prompt

app_name = "library"
urlpatterns = [
    path("runs/", wall.index, name="runs"),
    path("runs/newer/", wall.newer, name="newer"),
    path("runs/suggestions/", wall.suggestions, name="line-suggestions"),
    path("views/new/", views.new, name="view-new"),
    path("views/<uuid:pk>/", views.results, name="view"),
    path("views/<uuid:pk>/form/", views.change, name="view-form"),
    path("views/<uuid:pk>/deletion/", views.deletion, name="view-deletion"),
    path("views/recovery/", views.recovery, name="view-recovery"),
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
    path("runs/<uuid:pk>/artifacts/<int:position>/like/", likeness.like, name="artifact-like"),
]
