// The first categories after a key that are part of none, by key.
// params: after, limit
// returns: category_id, name
MATCH (c:Category)
WHERE c.category_id > $after AND NOT (c)-[:PART_OF]->(:Category)
RETURN c.category_id AS category_id, c.name AS name
ORDER BY category_id
LIMIT $limit
