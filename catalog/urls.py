"""The URLs of the catalogue."""

from django.urls import path

from catalog.views import (
    browse,
    changes,
    collections,
    favourites,
    import_export,
    selection,
)

app_name = "catalog"
urlpatterns = [
    path("", browse.front, name="front"),
    path("models/", browse.models, name="models"),
    path("catalogue/selection/", selection.selection, name="selection"),
    path("catalogue/export/", import_export.export_models, name="export"),
    path("categories/", browse.categories, name="categories"),
    path("categories/<path:category>/", browse.category, name="category"),
    path("collections/", collections.index, name="collections"),
    path("collections/export/", import_export.export, name="collections-export"),
    path("collections/import/", import_export.import_, name="collections-import"),
    path("collections/order/", collections.order, name="collections-order"),
    path("collections/of/<path:endpoint_id>/", collections.of_endpoint, name="collections-of"),
    path("collections/<slug:slug>/edition/", collections.edition, name="collection-edition"),
    path("collections/<slug:slug>/words/", collections.edit_text, name="collection-words"),
    path("collections/<slug:slug>/choices/", collections.choices, name="collection-choices"),
    path("collections/<slug:slug>/deletion/", collections.deletion, name="collection-deletion"),
    path("collections/<slug:slug>/", browse.collection, name="collection"),
    path("favourites/", favourites.favourites, name="favourites"),
    path("favourites/account/", favourites.account, name="favourites-account"),
    path("changes/", changes.changes, name="changes"),
    path("catalogue/sync/", browse.sync_progress, name="sync"),
]
