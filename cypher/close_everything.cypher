// Empties the graph, a batch of nodes a transaction; run outside a transaction.
// params: batch
// returns:
MATCH (n)
CALL (n) {
  DETACH DELETE n
} IN TRANSACTIONS OF $batch ROWS
