"""The URLs of boards, below `/compare/`, and of the leaderboard."""

from django.urls import path

from boards.views import actions, board, files, leaderboard, marks, plan, trials, viewer, vote

app_name = "boards"
urlpatterns = [
    path("", board.index, name="boards"),
    path("new/", plan.new, name="plan"),
    path("of/<path:endpoint_id>/", plan.of_form, name="plan-of-form"),
    path("import/", files.import_, name="import"),
    path("recovery/", actions.recovery, name="recovery"),
    path("<uuid:pk>/", board.board, name="board"),
    path("<uuid:pk>/plan/", plan.change, name="board-plan"),
    path("<uuid:pk>/progress/", board.progress, name="board-progress"),
    path("<uuid:pk>/parts/<int:number>/", board.part, name="board-part"),
    path("<uuid:pk>/rows/<int:row>/columns/<int:number>/", board.columns, name="board-columns"),
    path("<uuid:pk>/columns/<int:number>/", board.heads, name="board-heads"),
    path("<uuid:pk>/title/", actions.title, name="board-title"),
    path("<uuid:pk>/cap/", actions.cap, name="board-cap"),
    path("<uuid:pk>/cancellation/", actions.cancellation, name="board-cancellation"),
    path("<uuid:pk>/repetition/", actions.repetition, name="board-repetition"),
    path("<uuid:pk>/continuation/", actions.continuation, name="board-continuation"),
    path("<uuid:pk>/deletion/", actions.deletion, name="board-deletion"),
    path("<uuid:pk>/cells/<int:cell>/", actions.cell, name="board-cell"),
    path("<uuid:pk>/cells/<int:cell>/mark/", marks.cell_mark, name="board-cell-mark"),
    path("<uuid:pk>/rows/<int:row>/mark/", marks.row_mark, name="board-row-mark"),
    path("<uuid:pk>/viewer/", viewer.viewer, name="board-viewer"),
    path("<uuid:pk>/trials/", trials.trials, name="board-trials"),
    path("<uuid:pk>/trials/pause/", trials.pause, name="board-trials-pause"),
    path("<uuid:pk>/trials/<int:trial>/", trials.trial, name="board-trial"),
    path("<uuid:pk>/results/", vote.results, name="board-results"),
    path("<uuid:pk>/votes.csv", vote.votes, name="board-votes"),
    path("<uuid:pk>/votes/reset/", vote.votes_reset, name="board-votes-reset"),
    path("<uuid:pk>/votes/recovery/", vote.votes_recovery, name="board-votes-recovery"),
    path("<uuid:pk>/voting/", vote.opening, name="board-voting"),
    path("<uuid:pk>/voting/closure/", vote.closure, name="board-voting-closure"),
    path("<uuid:pk>/vote/", vote.vote, name="vote"),
    path("<uuid:pk>/vote/retraction/", vote.vote_retraction, name="vote-retraction"),
    path("<uuid:pk>/vote/files/<str:token>/", vote.vote_file, name="vote-file"),
    path("<uuid:pk>/board.csv", files.table, name="board-table"),
    path("<uuid:pk>/board.json", files.document, name="board-document"),
    path("<uuid:pk>/sheet/", files.sheet, name="board-sheet"),
    path("<uuid:pk>/sheet.png", files.sheet_png, name="board-sheet-picture"),
    path("<uuid:pk>/columns/<int:column>/preset/", files.column_preset, name="board-column-preset"),
    path(
        "<uuid:pk>/columns/<int:column>/house-default/",
        files.column_house_default,
        name="board-column-house-default",
    ),
]
LEADERBOARD = ([path("", leaderboard.leaderboard, name="leaderboard")], "leaderboard")
