"""What steps do: each module turns one request into one result."""
