"""The addresses of pages about people."""

from django.urls import include, path

from people.looking.views import look

app_name = "people"
urlpatterns = [
    path("audit/", include("people.audit.urls")),
    path("looks/<uuid:pk>/", look, name="look"),
]
