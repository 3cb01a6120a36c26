"""The languages that the pages are written in."""

LANGUAGES = {"en": "English", "ja": "日本語"}
"""Each by its own name; the first one is that of the code, and stands in where no other is asked for."""
