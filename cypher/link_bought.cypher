// Adds BOUGHT relationships between nodes known by their ids.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (source) WHERE id(source) = row[0]
MATCH (target) WHERE id(target) = row[1]
CREATE (source)-[:BOUGHT {
  num_baskets: row[2],
  units: row[3],
  last_bought_at: datetime(row[4]),
  strength: row[5],
  load_id: row[6]
}]->(target)
