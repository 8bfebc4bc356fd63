"""What values can be, known before a run."""
