"""How things are written: colours, columns, marks, spans of time, JSON."""
