"""The addresses of the library."""

from django.urls import path

from library.views import differences

app_name = "library"
urlpatterns = [
    path("runs/differences/", differences.differences, name="differences"),
]
