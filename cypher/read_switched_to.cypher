// A random share (1.0 = all) of the SWITCHED_TO relationships, ends as ids, days as text, instants as microseconds since 1970.
// params: share
// returns: id, source, target, num_switches, num_customers, lift, load_id
MATCH (source)-[e:SWITCHED_TO]->(target)
WHERE rand() < $share
RETURN
  id(e) AS id,
  id(source) AS source,
  id(target) AS target,
  e.num_switches AS num_switches,
  e.num_customers AS num_customers,
  e.lift AS lift,
  e.load_id AS load_id
