"""The tables of sharing."""

from sharing.models.reviewer import Comment, Pick, Rating, Reviewer
from sharing.models.share import Share, ShareItem

__all__ = ["Comment", "Pick", "Rating", "Reviewer", "Share", "ShareItem"]
