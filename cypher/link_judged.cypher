// Adds people's verdicts on pairs of products, candidate to anchor, where the graph has both.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (candidate:Product {sku: row[0]})
MATCH (anchor:Product {sku: row[1]})
CREATE (candidate)-[:JUDGED {
  verdict_id: row[2],
  relation: row[3],
  verdict: row[4],
  is_directed: row[5],
  judged_by: row[6],
  judged_at: datetime(row[7]),
  reason: row[8],
  position: row[9],
  store_id: row[10],
  valid_from: date(row[11]),
  valid_to: date(row[12])
}]->(anchor)
