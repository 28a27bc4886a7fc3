// Adds PART_OF relationships between nodes known by their ids.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (source) WHERE id(source) = row[0]
MATCH (target) WHERE id(target) = row[1]
CREATE (source)-[:PART_OF {load_id: row[2]}]->(target)
