"""The addresses of the catalogue."""

from django.urls import path

from catalog import care_views, exchange_views, log_views, views
from catalog import collection_views as collections
from catalog import saved_search_views as saved

app_name = "catalog"
urlpatterns = [
    path("", views.front, name="front"),
    path("models/", views.models, name="models"),
    path("categories/<path:category>/", views.category, name="category"),
    path("collections/", collections.index, name="collections"),
    path("collections/export/", exchange_views.export, name="collections-export"),
    path("collections/import/", exchange_views.import_, name="collections-import"),
    path("collections/order/", collections.order, name="collections-order"),
    path("collections/recovery/", collections.recovery, name="collections-recovery"),
    path("collections/of/<path:endpoint_id>/", collections.of_endpoint, name="collections-of"),
    path("collections/<slug:slug>/edition/", collections.edition, name="collection-edition"),
    path("collections/<slug:slug>/mending/", care_views.mending, name="collection-mending"),
    path("collections/<slug:slug>/choices/", collections.choices, name="collection-choices"),
    path("collections/<slug:slug>/deletion/", collections.deletion, name="collection-deletion"),
    path("collections/<slug:slug>/", views.collection, name="collection"),
    path("searches/", saved.index, name="saved-searches"),
    path("searches/new/", saved.new, name="saved-search-new"),
    path("searches/recovery/", saved.recovery, name="saved-searches-recovery"),
    path("searches/<int:pk>/", saved.one, name="saved-search"),
    path("searches/<int:pk>/name/", saved.name, name="saved-search-name"),
    path("searches/<int:pk>/deletion/", saved.deletion, name="saved-search-deletion"),
    path("favourites/", views.favourites, name="favourites"),
    path("changes/", log_views.changes, name="changes"),
    path("changes/feed/", log_views.feed, name="changes-feed"),
    path("changes/feed/address/", log_views.feed_address, name="changes-feed-address"),
    path("changes/feed/<str:token>/", log_views.personal_feed, name="changes-feed-of"),
    path("catalogue/sync/", views.sync_progress, name="sync"),
]
