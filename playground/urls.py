"""The addresses of the playground."""

app_name = "playground"
urlpatterns: list[object] = []
