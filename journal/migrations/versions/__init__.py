"""One file a revision, applied in the order of their numbers and never changed once released."""
