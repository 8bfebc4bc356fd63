"""Files that are checked, and the reports of what was found."""
