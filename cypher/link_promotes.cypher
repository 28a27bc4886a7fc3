// Adds PROMOTES relationships between nodes known by their ids.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (source) WHERE id(source) = row[0]
MATCH (target) WHERE id(target) = row[1]
CREATE (source)-[:PROMOTES {
  promo_price: row[2],
  discount_share: row[3],
  num_stores: row[4],
  load_id: row[5]
}]->(target)
