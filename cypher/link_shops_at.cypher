// Adds SHOPS_AT relationships between nodes known by their ids.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (source) WHERE id(source) = row[0]
MATCH (target) WHERE id(target) = row[1]
CREATE (source)-[:SHOPS_AT {
  num_baskets: row[2],
  last_bought_at: datetime(row[3]),
  load_id: row[4]
}]->(target)
