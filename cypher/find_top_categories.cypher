// The first or last categories between two keys that are part of none, by key.
// params: after, before, limit, is_last
// returns: category_id, name
MATCH (c:Category)
WHERE $after < c.category_id AND c.category_id < $before AND NOT (c)-[:PART_OF]->(:Category)
WITH c ORDER BY c.category_id
WITH collect(c) AS found
UNWIND CASE WHEN $is_last THEN found[-$limit..] ELSE found[..$limit] END AS c
RETURN c.category_id AS category_id, c.name AS name
