"""Exports of boards: table, JSON, contact sheet, presets; imports of JSON."""
