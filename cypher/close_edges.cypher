// Removes relationships known by their ids.
// params: ids
// returns:
UNWIND $ids AS gone
MATCH ()-[e]->() WHERE id(e) = gone
DELETE e
