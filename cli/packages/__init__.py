"""What is installed, what would be, and what it would need."""
