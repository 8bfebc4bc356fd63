"""One rule a module: each looks at a shaped workflow and reports what it finds."""
