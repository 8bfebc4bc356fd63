"""Who reads what of whom, what has certainly run by then, and where values from outside go."""
