"""Drills: every fault and attack that this project promises to stand, each drill shown able to fail."""
