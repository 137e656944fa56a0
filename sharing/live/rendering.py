"""Renders what is said on a share, as the parts that open pages swap in."""

from __future__ import annotations

import uuid

from django.template.loader import render_to_string

from sharing.marks import marks_of
from sharing.models import Share

TEMPLATE = "sharing/review/_mark.html"


def render(share_id: uuid.UUID, is_maker: bool, item: int) -> tuple[int, dict[str, str]]:
    """Return the share's version and its parts by their ids, as guests or makers see them.

    The version is read first: what is said meanwhile is newer than that, and comes again.
    """
    share = Share.objects.get(pk=share_id)
    parts: dict[str, str] = {
        f"mark-{mark.number}": render_to_string(TEMPLATE, {"mark": mark, "is_maker": is_maker})
        for mark in marks_of(share)
    }
    return share.version, parts
