"""The tables of sharing."""

from sharing.models.report import Report
from sharing.models.reviewer import Comment, Pick, Rating, Reviewer
from sharing.models.share import Share, ShareItem

__all__ = ["Comment", "Pick", "Rating", "Report", "Reviewer", "Share", "ShareItem"]
