"""Comments on other people's work, their authors, and the people whom they mention.

An app adds where people comment, who may comment, and who is notified.
"""
