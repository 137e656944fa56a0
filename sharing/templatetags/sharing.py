"""Filters of the pages of shares."""

from __future__ import annotations

from django import template

from sharing.review.texts import with_links

register = template.Library()
register.filter(with_links)
