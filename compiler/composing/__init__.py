"""Workflows made of several: overlays, calls, and step types that are made of steps."""
