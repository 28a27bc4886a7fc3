// The first categories below each category after a key, by key.
// params: keys, after, limit
// returns: key, category_id, name, parent_id
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (c:Category)-[:PART_OF]->(:Category {category_id: wanted})
  WHERE c.category_id > $after
  RETURN c ORDER BY c.category_id LIMIT $limit
}
RETURN wanted AS key, c.category_id AS category_id, c.name AS name, wanted AS parent_id
