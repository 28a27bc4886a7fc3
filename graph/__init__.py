"""A lake version in Neo4j: projection, extraction, checking and publishing, by the statements in `cypher/`."""
