"""Runs as people start, answer, watch and list them."""
