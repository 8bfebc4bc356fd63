"""From the bytes of a file to a document: nodes with spans, and the files that they stand in."""
