// Adds GOES_WITH relationships between nodes known by their ids.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (source) WHERE id(source) = row[0]
MATCH (target) WHERE id(target) = row[1]
CREATE (source)-[:GOES_WITH {
  num_baskets: row[2],
  lift: row[3],
  ppmi: row[4],
  load_id: row[5]
}]->(target)
