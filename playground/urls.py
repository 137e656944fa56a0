"""The URLs of the playground.

`/runs/live/` is answered before Django, see `runs/live/long_poll.py`.
"""

from django.urls import path

from playground.views import (
    command_palette,
    frames,
    leaderboard,
    new_runs,
    restorations,
    run_deletion,
    runs,
    viewer,
)
from playground.views.model_page import drafts, endpoint, filling, links, notes, presets
from runs.views import files, moves, webhooks

app_name = "playground"
# Django tries them in order: the first one is requested most often.
urlpatterns = [
    path("models/<path:endpoint_id>/", endpoint.endpoint, name="endpoint"),
    path("runs/latest/", runs.latest, name="latest"),
    path("runs/deletion/", run_deletion.deletions, name="runs-deletion"),
    path("runs/recovery/", run_deletion.recovery, name="runs-recovery"),
    path("moves/", moves.moves, name="moves"),
    path("moves/<uuid:pk>/", moves.move, name="move"),
    path("moves/<uuid:pk>/undoing/", moves.undoing, name="move-undoing"),
    path("runs/viewer/", viewer.dialog, name="viewer"),
    path("runs/<uuid:pk>/", runs.run, name="run"),
    path("runs/<uuid:pk>/view/", viewer.run, name="run-view"),
    path("runs/<uuid:pk>/artifacts/<int:position>/view/", viewer.artifact, name="artifact-view"),
    path("runs/<uuid:pk>/cancellation/", runs.cancellation, name="run-cancellation"),
    path("runs/<uuid:pk>/repetition/", new_runs.repetition, name="run-repetition"),
    path("runs/<uuid:pk>/takeover/", new_runs.takeover, name="run-takeover"),
    path("runs/<uuid:pk>/variations/", new_runs.variations, name="run-variations"),
    path("runs/<uuid:pk>/star/", runs.star, name="run-star"),
    path("runs/<uuid:pk>/elsewhere/", command_palette.elsewhere, name="run-elsewhere"),
    path("runs/<uuid:pk>/uses/", command_palette.run_uses, name="run-uses"),
    path("runs/<uuid:pk>/artifacts/<int:position>/star/", runs.artifact_star, name="artifact-star"),
    path(
        "runs/<uuid:pk>/artifacts/<int:position>/repetition/",
        new_runs.artifact_repetition,
        name="artifact-repetition",
    ),
    path(
        "runs/<uuid:pk>/artifacts/<int:position>/uses/",
        command_palette.artifact_uses,
        name="artifact-uses",
    ),
    path(
        "runs/<uuid:pk>/texts/<int:position>/uses/", command_palette.text_uses, name="run-text-uses"
    ),
    path("runs/<uuid:pk>/example/", runs.example, name="run-example"),
    path("runs/<uuid:pk>/visibility/", runs.visibility, name="run-visibility"),
    path("runs/<uuid:pk>/output.json", files.output, name="run-output"),
    path("runs/<uuid:pk>/texts/<int:position>.txt", files.text, name="run-text"),
    path("runs/<uuid:pk>/transcript.<slug:kind>", files.transcript, name="run-transcript"),
    path("runs/<uuid:pk>/run.json", restorations.run_file, name="run-file"),
    path("runs/<uuid:pk>/artifacts/<int:position>/", files.artifact, name="artifact"),
    path("runs/<uuid:pk>/artifacts/<int:position>/poster/", files.poster, name="artifact-poster"),
    path(
        "runs/<uuid:pk>/artifacts/<int:position>/thumbnail/",
        files.thumbnail,
        name="artifact-thumbnail",
    ),
    path(
        "runs/<uuid:pk>/artifacts/<int:position>/with-recipe/",
        restorations.with_recipe,
        name="artifact-with-recipe",
    ),
    path("runs/<uuid:pk>/artifacts/<int:position>/frames/", frames.frames, name="artifact-frames"),
    path("runs/<uuid:pk>/artifacts/<int:position>/viewer/", files.viewer, name="artifact-viewer"),
    path("webhooks/fal/<slug:token>/", webhooks.fal, name="webhook"),
    path("jump/", command_palette.jump, name="jump"),
    path("uploads/", files.uploads, name="uploads"),
    path("uploads/known/", files.known_upload, name="upload-known"),
    path("uploads/tools/<slug:name>/", files.tool, name="upload-tool"),
    path("uploads/<uuid:pk>/uses/", command_palette.upload_uses, name="upload-uses"),
    path("uploads/<uuid:pk>/thumbnail/", files.upload_thumbnail, name="upload-thumbnail"),
    path("uploads/<uuid:pk>/<str:name>", files.upload, name="upload"),
    path("restorations/", restorations.restorations, name="restorations"),
    path("links/<str:pk>/deletion/", links.deletion, name="link-deletion"),
    *presets.PRESETS.urls(),
    path("presets/<int:pk>/", presets.preset, name="preset"),
    path("presets/of/<path:endpoint_id>/", presets.index, name="presets"),
    path("drafts/<path:endpoint_id>/", drafts.draft, name="draft"),
    path("tickets/<path:endpoint_id>/", drafts.ticket, name="ticket"),
    # The buttons of a model's form. The model stands last: its id may contain slashes and any word.
    path("forms/undo/<path:endpoint_id>/", drafts.undo, name="form-undo"),
    path("forms/other-draft/<path:endpoint_id>/", drafts.other, name="form-other-draft"),
    path("forms/source/<path:endpoint_id>/", filling.source, name="form-source"),
    path("forms/blank/<path:endpoint_id>/", filling.blank, name="form-blank"),
    path("forms/own-defaults/<path:endpoint_id>/", filling.own_defaults, name="form-own-defaults"),
    path(
        "forms/default-settings/<path:endpoint_id>/",
        filling.default_settings,
        name="form-default-settings",
    ),
    path("forms/repair/<path:endpoint_id>/", filling.repair, name="form-repair"),
    path("forms/prompts/<path:endpoint_id>/", filling.prompts, name="form-prompts"),
    path("forms/series/<path:endpoint_id>/", filling.series, name="form-series"),
    path("forms/link/<path:endpoint_id>/", links.link, name="form-link"),
    path("forms/preset/<path:endpoint_id>/", presets.new, name="form-preset"),
    path("marks/<path:endpoint_id>/", notes.mark, name="mark"),
    path("notes/<int:pk>/", notes.note, name="note"),
    *notes.NOTES.urls(),
    path("notes/of/<path:endpoint_id>/", notes.notes, name="notes"),
    path("tries/<path:endpoint_id>/", endpoint.tries, name="tries"),
    path("leaderboard/", leaderboard.leaderboard, name="leaderboard"),
]
