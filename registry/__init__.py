"""Model versions: saved whole, verified when read, one pointer to the one that is served."""
