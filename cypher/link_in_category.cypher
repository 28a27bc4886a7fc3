// Adds IN_CATEGORY relationships between nodes known by their ids.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (source) WHERE id(source) = row[0]
MATCH (target) WHERE id(target) = row[1]
CREATE (source)-[:IN_CATEGORY {load_id: row[2]}]->(target)
