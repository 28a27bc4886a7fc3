// A random share (1.0 = all) of the brands, days as text and instants as microseconds since 1970.
// params: share
// returns: id, name, load_id
MATCH (b:Brand)
WHERE rand() < $share
RETURN
  id(b) AS id,
  b.name AS name,
  b.load_id AS load_id
