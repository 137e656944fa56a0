"""Everything that people make and keep: its list, page, form, deletion and recovery.

Each kind is a model (`projects.kept.models.Kept`). Its rows can be deleted and brought back,
purged, moved, handed over, found by ⌘K and shared. Its pages are a
`projects.kept.resource.Resource`.
"""
