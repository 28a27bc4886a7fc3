// Adds SWITCHED_TO relationships between nodes known by their ids.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (source) WHERE id(source) = row[0]
MATCH (target) WHERE id(target) = row[1]
CREATE (source)-[:SWITCHED_TO {
  num_switches: row[2],
  num_customers: row[3],
  lift: row[4],
  load_id: row[5]
}]->(target)
