"""From the text between braces to a tree, and what can be said of it alone."""
