"""One Cypher statement a file, and nothing else."""
