// Adds RUNS_AT relationships between nodes known by their ids.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (source) WHERE id(source) = row[0]
MATCH (target) WHERE id(target) = row[1]
CREATE (source)-[:RUNS_AT {
  num_products: row[2],
  load_id: row[3]
}]->(target)
