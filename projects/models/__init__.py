"""The models of projects, and the base of all rows that live in one."""

from projects.models.in_project import InProject, InProjectQuerySet
from projects.models.project import Choice, Look, Membership, Move, Project
from projects.models.rule import Rule

__all__ = [
    "Choice",
    "InProject",
    "InProjectQuerySet",
    "Look",
    "Membership",
    "Move",
    "Project",
    "Rule",
]
