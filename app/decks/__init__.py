"""Deck files: text in, values out. No web, no database, no files."""
