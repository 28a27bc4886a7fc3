// The first or last categories below each category between two keys, by key.
// params: keys, after, before, limit, is_last
// returns: key, category_id, name, parent_id
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (c:Category)-[:PART_OF]->(:Category {category_id: wanted})
  WHERE $after < c.category_id AND c.category_id < $before
  WITH c ORDER BY c.category_id
  WITH collect(c) AS found
  UNWIND CASE WHEN $is_last THEN found[-$limit..] ELSE found[..$limit] END AS c
  RETURN c
}
RETURN wanted AS key, c.category_id AS category_id, c.name AS name, wanted AS parent_id
