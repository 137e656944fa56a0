"""What everything has that people make and keep: list, page, form, a way out and a way back.

A kind of kept thing is a model (`projects.kept.models.Kept`); that alone lets it be deleted and
brought back, purged, moved, handed over, found by ⌘K and shared. Its pages are a
`projects.kept.resource.Resource`.
"""
