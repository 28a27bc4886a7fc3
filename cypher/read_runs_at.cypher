// A random share (1.0 = all) of the RUNS_AT relationships, ends as ids, days as text, instants as microseconds since 1970.
// params: share
// returns: id, source, target, num_products, load_id
MATCH (source)-[e:RUNS_AT]->(target)
WHERE rand() < $share
RETURN
  id(e) AS id,
  id(source) AS source,
  id(target) AS target,
  e.num_products AS num_products,
  e.load_id AS load_id
