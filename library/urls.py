"""The addresses of the library."""

from django.urls import path

from library.views import descent, differences

app_name = "library"
urlpatterns = [
    path("runs/differences/", differences.differences, name="differences"),
    path("runs/<uuid:pk>/descent/", descent.descent, name="run-descent"),
]
