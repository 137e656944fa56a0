"""HTTP below the views: ASGI types, ETags, streaming, error answers."""
