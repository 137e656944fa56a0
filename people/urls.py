"""The URLs of the people of the house."""

from __future__ import annotations

from django.urls import path

app_name = "people"
urlpatterns: list = []
