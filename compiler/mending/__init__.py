"""Edits that mend a finding, and the one form of a file."""
