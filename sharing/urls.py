"""The addresses of sharing."""

from __future__ import annotations

from django.urls import path

from sharing.views import files, one_share, shares, visit

app_name = "sharing"
urlpatterns = [
    path("shares/", shares.index, name="shares"),
    path("shares/recovery/", shares.recovery, name="shares-recovery"),
    path("shares/<uuid:pk>/", one_share.page, name="own-share"),
    path("shares/<uuid:pk>/revocation/", one_share.revocation, name="own-share-revocation"),
    path("s/<str:token>/", visit.share, name="share"),
    path("s/<str:token>/password/", visit.password, name="share-password"),
    path("s/<str:token>/files/<int:number>/", files.file, name="share-file"),
    path("s/<str:token>/files/<int:number>/thumbnail/", files.thumbnail, name="share-thumbnail"),
    path("s/<str:token>/files/<int:number>/poster/", files.poster, name="share-poster"),
]
