// Brands by name.
// params: keys
// returns: name
UNWIND $keys AS wanted
MATCH (b:Brand {name: wanted})
RETURN b.name AS name
