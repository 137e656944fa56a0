"""The addresses of boards, below `/compare/`."""

from django.urls import path

from boards.views import actions, board, plan

app_name = "boards"
urlpatterns = [
    path("", board.index, name="boards"),
    path("new/", plan.new, name="plan"),
    path("of/<path:endpoint_id>/", plan.of_form, name="plan-of-form"),
    path("recovery/", actions.recovery, name="recovery"),
    path("<uuid:pk>/", board.board, name="board"),
    path("<uuid:pk>/plan/", plan.change, name="board-plan"),
    path("<uuid:pk>/progress/", board.progress, name="board-progress"),
    path("<uuid:pk>/parts/<int:number>/", board.part, name="board-part"),
    path("<uuid:pk>/title/", actions.title, name="board-title"),
    path("<uuid:pk>/cancellation/", actions.cancellation, name="board-cancellation"),
    path("<uuid:pk>/repetition/", actions.repetition, name="board-repetition"),
    path("<uuid:pk>/continuation/", actions.continuation, name="board-continuation"),
    path("<uuid:pk>/deletion/", actions.deletion, name="board-deletion"),
    path("<uuid:pk>/cells/<int:cell>/", actions.cell, name="board-cell"),
]
