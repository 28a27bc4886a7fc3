// Waits until every index can be asked.
// params: seconds
// returns:
CALL db.awaitIndexes($seconds)
