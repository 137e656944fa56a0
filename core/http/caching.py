"""What caches may keep of a response."""

from __future__ import annotations

from django.views.decorators.cache import cache_control

# Pages of one's work: no cache keeps a copy, not even the browser's own behind "Back".
no_store = cache_control(private=True, no_store=True)
