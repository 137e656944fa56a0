"""The addresses of the catalogue."""

from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("", views.front, name="front"),
    path("models/", views.models, name="models"),
    path("categories/<path:category>/", views.category, name="category"),
    path("collections/<slug:slug>/", views.collection, name="collection"),
    path("favourites/", views.favourites, name="favourites"),
    path("catalogue/sync/", views.sync_progress, name="sync"),
]
