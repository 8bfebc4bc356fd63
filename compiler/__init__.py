"""Text to plan or diagnostics, without clock, environment or network."""
