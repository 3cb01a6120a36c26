"""Scheduling by SM-2: the standard library only, no database, no web, no clock."""
