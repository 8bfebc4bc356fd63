"""Which keys there are, what may stand under each, and what is said of anything else."""
