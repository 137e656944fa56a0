"""The URLs of checks, and of the page about what uses a model; they come before the models' own."""

from django.urls import path

from features.retirement import check_pages, views

app_name = "retirement"
urlpatterns = [
    *check_pages.CHECKS.urls(),
    path("checks/<uuid:pk>/answer/", check_pages.answer, name="check-answer"),
    path("models/<path:endpoint_id>/dependants/", views.dependants, name="dependants"),
]
