// Adds SUBSTITUTES_FOR relationships from candidate to anchor, where the graph has both products.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (candidate:Product {sku: row[0]})
MATCH (anchor:Product {sku: row[1]})
CREATE (candidate)-[:SUBSTITUTES_FOR {
  rank: row[2],
  probability: row[3],
  transfer_share: row[4],
  num_baskets: row[5],
  num_switches: row[6],
  is_same_category: row[7],
  text_similarity: row[8],
  is_calibrated: row[9],
  model_version: row[10]
}]->(anchor)
