// Says what was counted on shelves that the graph has.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (:Store {store_id: row[0]})-[e:STOCKS]->(:Product {sku: row[1]})
SET e.on_hand_units = row[2], e.counted_at = datetime(row[3])
