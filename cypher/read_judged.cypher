// A random share (1.0 = all) of people's verdicts, days as text and instants as microseconds since 1970.
// params: share
// returns: id, sku, other_sku, verdict_id, relation, verdict, is_directed, judged_by, judged_at, reason, position, store_id, valid_from, valid_to
MATCH (candidate:Product)-[e:JUDGED]->(anchor:Product)
WHERE rand() < $share
RETURN
  id(e) AS id,
  candidate.sku AS sku,
  anchor.sku AS other_sku,
  e.verdict_id AS verdict_id,
  e.relation AS relation,
  e.verdict AS verdict,
  e.is_directed AS is_directed,
  e.judged_by AS judged_by,
  e.judged_at.epochSeconds * 1000000 + e.judged_at.microsecond AS judged_at,
  e.reason AS reason,
  e.position AS position,
  e.store_id AS store_id,
  toString(e.valid_from) AS valid_from,
  toString(e.valid_to) AS valid_to
