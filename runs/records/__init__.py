"""The record of models: which runs count as judged and kept, and what a kept result costs."""
