// A random share (1.0 = all) of the GOES_WITH relationships, ends as ids, days as text, instants as microseconds since 1970.
// params: share
// returns: id, source, target, num_baskets, lift, ppmi, load_id
MATCH (source)-[e:GOES_WITH]->(target)
WHERE rand() < $share
RETURN
  id(e) AS id,
  id(source) AS source,
  id(target) AS target,
  e.num_baskets AS num_baskets,
  e.lift AS lift,
  e.ppmi AS ppmi,
  e.load_id AS load_id
