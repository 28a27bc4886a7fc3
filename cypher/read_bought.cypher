// A random share (1.0 = all) of the BOUGHT relationships, ends as ids, days as text, instants as microseconds since 1970.
// params: share
// returns: id, source, target, num_baskets, units, last_bought_at, strength, load_id
MATCH (source)-[e:BOUGHT]->(target)
WHERE rand() < $share
RETURN
  id(e) AS id,
  id(source) AS source,
  id(target) AS target,
  e.num_baskets AS num_baskets,
  e.units AS units,
  e.last_bought_at.epochSeconds * 1000000 + e.last_bought_at.microsecond AS last_bought_at,
  e.strength AS strength,
  e.load_id AS load_id
