// Says what products cost over windows of days; of several words on one first day the last one counts.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (product:Product {sku: row[0]})
OPTIONAL MATCH (store:Store {store_id: row[1]})
WITH row, product, store
WHERE row[1] = '' OR store IS NOT NULL
MERGE (price:Price {sku: row[0], store_id: row[1], valid_from: date(row[2])})
SET price.price = row[3], price.valid_to = date(row[4]), price.recorded_at = datetime(row[5]), price.sequence = row[6]
MERGE (price)-[:PRICES]->(product)
FOREACH (each IN CASE WHEN store IS NULL THEN [] ELSE [store] END | MERGE (price)-[:HOLDS_AT]->(each))
