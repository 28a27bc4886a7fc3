// A random share (1.0 = all) of the OF_BRAND relationships, ends as ids, days as text, instants as microseconds since 1970.
// params: share
// returns: id, source, target, load_id
MATCH (source)-[e:OF_BRAND]->(target)
WHERE rand() < $share
RETURN
  id(e) AS id,
  id(source) AS source,
  id(target) AS target,
  e.load_id AS load_id
