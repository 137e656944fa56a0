"""The addresses of the catalogue."""

app_name = "catalog"
urlpatterns: list[object] = []
