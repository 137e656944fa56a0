"""The tables of sharing."""

from features.sharing.models.reviewer import Comment, Pick, Rating, Reviewer
from features.sharing.models.share import Share, ShareItem

__all__ = ["Comment", "Pick", "Rating", "Reviewer", "Share", "ShareItem"]
