"""The form as HTML: the widget of each field, and summaries of values."""
