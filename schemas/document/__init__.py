"""An endpoint's OpenAPI document: its schemas found, merged and converted."""
