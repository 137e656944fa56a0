"""The addresses of sharing."""

from __future__ import annotations

from django.urls import path

from sharing.views import embed, files, one_item, one_share, shares, visit
from sharing.views.reports import actions, pages
from sharing.views.reports import files as report_files

app_name = "sharing"
urlpatterns = [
    path("shares/", shares.index, name="shares"),
    path("shares/recovery/", shares.recovery, name="shares-recovery"),
    path("shares/<uuid:pk>/", one_share.page, name="own-share"),
    path("shares/<uuid:pk>/revocation/", one_share.revocation, name="own-share-revocation"),
    path("robots.txt", embed.robots, name="robots"),
    path("s/oembed", embed.oembed, name="oembed"),
    path("s/<str:token>/", visit.share, name="share"),
    path("s/<str:token>/password/", visit.password, name="share-password"),
    path("s/<str:token>/picture.jpg", embed.picture, name="share-picture"),
    path("s/<str:token>/archive/", visit.archive, name="share-archive"),
    path("s/<str:token>/items/<int:number>/", one_item.page, name="share-item"),
    path("s/<str:token>/files/<int:number>/3d/", one_item.mesh, name="share-mesh"),
    path("s/<str:token>/files/<int:number>/", files.file, name="share-file"),
    path("s/<str:token>/files/<int:number>/thumbnail/", files.thumbnail, name="share-thumbnail"),
    path("s/<str:token>/files/<int:number>/poster/", files.poster, name="share-poster"),
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
