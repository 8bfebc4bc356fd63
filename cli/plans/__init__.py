"""Plans as people look at them."""
