// Writes people's verdicts on pairs of products, candidate to anchor, each once, where the graph has both.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (candidate:Product {sku: row[0]})
MATCH (anchor:Product {sku: row[1]})
MERGE (candidate)-[e:JUDGED {verdict_id: row[2]}]->(anchor)
SET e.relation = row[3],
  e.verdict = row[4],
  e.is_directed = row[5],
  e.judged_by = row[6],
  e.judged_at = datetime(row[7]),
  e.reason = row[8],
  e.position = row[9],
  e.store_id = row[10],
  e.valid_from = date(row[11]),
  e.valid_to = date(row[12])
