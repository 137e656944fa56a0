"""The addresses of sharing."""

from __future__ import annotations

from django.urls import path

from sharing.views import files, visit, vote
from sharing.views.reports import actions, pages
from sharing.views.reports import files as report_files

app_name = "sharing"
urlpatterns = [
    path("s/<str:token>/", visit.share, name="share"),
    path("s/<str:token>/password/", visit.password, name="share-password"),
    path("s/<str:token>/files/<int:number>/", files.file, name="share-file"),
    path("s/<str:token>/files/<int:number>/thumbnail/", files.thumbnail, name="share-thumbnail"),
    path("s/<str:token>/files/<int:number>/poster/", files.poster, name="share-poster"),
    path("s/<str:token>/vote/", vote.vote, name="share-vote"),
    path("s/<str:token>/vote/retraction/", vote.retraction, name="share-vote-retraction"),
    path("s/<str:token>/vote/files/<str:ballot_token>/", vote.file, name="share-vote-file"),
    path("s/<str:token>/pictures/<int:number>/", files.picture, name="share-picture"),
    path("compare/<uuid:pk>/report/", actions.beginning, name="board-report"),
    path("reports/", pages.index, name="reports"),
    path("reports/recovery/", actions.recovery, name="reports-recovery"),
    path("reports/<uuid:pk>/", pages.report, name="report"),
    path("reports/<uuid:pk>/form/", pages.form, name="report-form"),
    path("reports/<uuid:pk>/freezing/", actions.freezing, name="report-freezing"),
    path("reports/<uuid:pk>/deletion/", actions.deletion, name="report-deletion"),
    path("reports/<uuid:pk>/report.md", report_files.markdown, name="report-markdown"),
    path("reports/<uuid:pk>/slides/<int:number>.png", report_files.slide, name="report-slide"),
    path("reports/<uuid:pk>/slides.zip", report_files.all_slides, name="report-slides"),
]
