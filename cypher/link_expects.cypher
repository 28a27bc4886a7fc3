// Adds EXPECTS relationships from store to product, where the graph has both.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (store:Store {store_id: row[0]})
MATCH (product:Product {sku: row[1]})
CREATE (store)-[:EXPECTS {
  units: row[2],
  low_units: row[3],
  high_units: row[4],
  num_weeks: row[5],
  starts_on: date(row[6]),
  model_version: row[7]
}]->(product)
