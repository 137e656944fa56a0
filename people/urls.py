"""The addresses of pages about people."""

from django.urls import include, path

app_name = "people"
urlpatterns = [
    path("audit/", include("people.audit.urls")),
]
