// Which lake version and change the graph stands at, and which of its publications of relations carries verdicts.
// params:
// returns: lake_version, load_id, as_of, state, digests, sequence, published, marked
MATCH (p:Projection {name: 'lake'})
OPTIONAL MATCH (m:Model {is_current: true})
RETURN
  p.lake_version AS lake_version,
  p.load_id AS load_id,
  toString(p.as_of) AS as_of,
  p.state AS state,
  p.digests AS digests,
  p.sequence AS sequence,
  coalesce(m.num_published, 0) AS published,
  coalesce(m.marked, 0) AS marked
