"""The addresses of the catalogue."""

from django.urls import path

from catalog import log_views, views

app_name = "catalog"
urlpatterns = [
    path("", views.front, name="front"),
    path("models/", views.models, name="models"),
    path("categories/<path:category>/", views.category, name="category"),
    path("collections/<slug:slug>/", views.collection, name="collection"),
    path("favourites/", views.favourites, name="favourites"),
    path("changes/", log_views.changes, name="changes"),
    path("changes/feed/", log_views.feed, name="changes-feed"),
    path("changes/feed/address/", log_views.feed_address, name="changes-feed-address"),
    path("changes/feed/<str:token>/", log_views.personal_feed, name="changes-feed-of"),
    path("catalogue/sync/", views.sync_progress, name="sync"),
]
