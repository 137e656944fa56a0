"""The addresses of the library."""

from __future__ import annotations

from django.urls import path

from library.views import likeness

app_name = "library"
urlpatterns = [
    path("runs/<uuid:pk>/artifacts/<int:position>/like/", likeness.like, name="artifact-like"),
]
