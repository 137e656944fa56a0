"""The addresses of the library."""

from __future__ import annotations

from django.urls import path

from library.views import archives, descent, differences

app_name = "library"
urlpatterns = [
    path("runs/archives/", archives.archives, name="archives"),
    path("runs/differences/", differences.differences, name="differences"),
    path("runs/<uuid:pk>/descent/", descent.descent, name="run-descent"),
]
