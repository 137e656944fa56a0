"""The URLs of boards, below `/compare/`."""

from django.urls import path

from features.boards.views import (
    actions,
    board,
    comments,
    files,
    index,
    judge,
    plan,
    start,
    vote,
)

app_name = "boards"
urlpatterns = [
    path("", index.index, name="boards"),
    path("new/", start.new, name="plan"),
    path("of/<path:endpoint_id>/", plan.of_form, name="plan-of-form"),
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
    *actions.BOARDS.urls(),
    path("<uuid:pk>/cells/<int:cell>/", actions.cell, name="board-cell"),
    path("<uuid:pk>/access/", actions.access_form, name="board-access"),
    path("<uuid:pk>/rows/", actions.rows, name="board-rows"),
    path(
        "<uuid:pk>/rows/requests/<int:row_request>/",
        actions.row_request,
        name="board-row-request",
    ),
    path("<uuid:pk>/comments/", comments.comments, name="board-comments"),
    path(
        "<uuid:pk>/comments/<int:comment>/resolution/",
        comments.resolution,
        name="board-comment-resolution",
    ),
    path(
        "<uuid:pk>/comments/<int:comment>/deletion/",
        comments.deletion,
        name="board-comment-deletion",
    ),
    path("<uuid:pk>/judge/", judge.judge, name="board-judge"),
    path("<uuid:pk>/decision/", judge.decision, name="board-decision"),
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
]
