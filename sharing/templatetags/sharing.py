"""Filters of the pages of shares."""

from __future__ import annotations

from django import template

from sharing.live.watch_tokens import watch_token
from sharing.review.places import where_of
from sharing.review.texts import with_links

register = template.Library()
register.filter(where_of)
register.filter(with_links)
register.filter(watch_token)
