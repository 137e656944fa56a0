"""The addresses of the library."""

from __future__ import annotations

from django.urls import path

from library.views import archives

app_name = "library"
urlpatterns = [
    path("runs/archives/", archives.archives, name="archives"),
]
