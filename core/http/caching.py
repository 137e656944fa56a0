"""Cache headers of responses."""

from __future__ import annotations

from django.views.decorators.cache import cache_control

# For pages of a user's work: no cache keeps a copy, not even the browser's own for "Back".
no_store = cache_control(private=True, no_store=True)
