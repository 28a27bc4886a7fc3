// A random share (1.0 = all) of the categories, days as text and instants as microseconds since 1970.
// params: share
// returns: id, category_id, name, load_id
MATCH (c:Category)
WHERE rand() < $share
RETURN
  id(c) AS id,
  c.category_id AS category_id,
  c.name AS name,
  c.load_id AS load_id
