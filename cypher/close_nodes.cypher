// Removes nodes known by their ids, and every relationship they have.
// params: ids
// returns:
UNWIND $ids AS gone
MATCH (n) WHERE id(n) = gone
DETACH DELETE n
