"""The addresses of sharing."""

from __future__ import annotations

from django.urls import path

from sharing.views import files, visit

app_name = "sharing"
urlpatterns = [
    path("s/<str:token>/", visit.share, name="share"),
    path("s/<str:token>/password/", visit.password, name="share-password"),
    path("s/<str:token>/files/<int:number>/", files.file, name="share-file"),
    path("s/<str:token>/files/<int:number>/thumbnail/", files.thumbnail, name="share-thumbnail"),
    path("s/<str:token>/files/<int:number>/poster/", files.poster, name="share-poster"),
]
