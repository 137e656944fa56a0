"""Filters of the pages of shares."""

from __future__ import annotations

from django import template

from features.sharing.live.watch_tokens import watch_token
from features.sharing.review.places import where_of
from features.sharing.review.texts import with_links

register = template.Library()
register.filter(where_of)
register.filter(with_links)
register.filter(watch_token)
