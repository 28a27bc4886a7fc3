// A random share (1.0 = all) of the STOCKS relationships, ends as ids, days as text, instants as microseconds since 1970.
// params: share
// returns: id, source, target, on_hand_units, counted_at, valid_from, valid_to, load_id
MATCH (source)-[e:STOCKS]->(target)
WHERE rand() < $share
RETURN
  id(e) AS id,
  id(source) AS source,
  id(target) AS target,
  e.on_hand_units AS on_hand_units,
  e.counted_at.epochSeconds * 1000000 + e.counted_at.microsecond AS counted_at,
  toString(e.valid_from) AS valid_from,
  toString(e.valid_to) AS valid_to,
  e.load_id AS load_id
