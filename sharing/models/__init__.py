"""The tables of sharing."""

from sharing.models.comment import Comment
from sharing.models.judgement import Pick, Rating
from sharing.models.report import Report
from sharing.models.reviewer import Reviewer
from sharing.models.share import Share, ShareItem

__all__ = ["Comment", "Pick", "Rating", "Report", "Reviewer", "Share", "ShareItem"]
