"""The lake: every retail table in Delta, versioned by load, and the counts and snapshots made from it."""
