// A random share (1.0 = all) of the SENT_TO relationships, ends as ids, days as text, instants as microseconds since 1970.
// params: share
// returns: id, source, target, sent_on, load_id
MATCH (source)-[e:SENT_TO]->(target)
WHERE rand() < $share
RETURN
  id(e) AS id,
  id(source) AS source,
  id(target) AS target,
  toString(e.sent_on) AS sent_on,
  e.load_id AS load_id
