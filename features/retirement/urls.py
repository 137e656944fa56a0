"""The URL of the page about what uses a model; it comes before the models' own."""

from django.urls import path

from features.retirement import views

app_name = "retirement"
urlpatterns = [
    path("models/<path:endpoint_id>/dependants/", views.dependants, name="dependants"),
]
