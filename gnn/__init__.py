"""A graph snapshot to product vectors and learnt relations; the only folder that imports torch."""
