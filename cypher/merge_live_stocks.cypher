// Says what was counted in stores that range everything, where a count makes the shelf.
// params: rows, load_id
// returns:
UNWIND $rows AS row
MATCH (store:Store {store_id: row[0]})
MATCH (product:Product {sku: row[1]})
MERGE (store)-[e:STOCKS]->(product)
ON CREATE SET e.load_id = $load_id
SET e.on_hand_units = row[2], e.counted_at = datetime(row[3])
