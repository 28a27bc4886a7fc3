// Removes told prices that a load holds or whose product is gone; run outside a transaction.
// params: carried, batch
// returns:
MATCH (p:Price)
WHERE p.sequence <= $carried OR NOT EXISTS { (p)-[:PRICES]->() }
CALL (p) {
  DETACH DELETE p
} IN TRANSACTIONS OF $batch ROWS
