// A random share (1.0 = all) of the SHOPS_AT relationships, ends as ids, days as text, instants as microseconds since 1970.
// params: share
// returns: id, source, target, num_baskets, last_bought_at, load_id
MATCH (source)-[e:SHOPS_AT]->(target)
WHERE rand() < $share
RETURN
  id(e) AS id,
  id(source) AS source,
  id(target) AS target,
  e.num_baskets AS num_baskets,
  e.last_bought_at.epochSeconds * 1000000 + e.last_bought_at.microsecond AS last_bought_at,
  e.load_id AS load_id
