"""The embedded adapter: a folder a run, with journal, lock and logs."""
