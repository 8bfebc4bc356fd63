"""What a command finds around it: the folder, its settings, what is installed in it."""
