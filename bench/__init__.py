"""Measurements beside their yardsticks, in one run; `python -m bench --help` says how."""
