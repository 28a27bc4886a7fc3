// Which lake version the graph stands at, as of which day, and whether a projection is under way.
// params:
// returns: lake_version, load_id, as_of, state, digests
MATCH (p:Projection {name: 'lake'})
RETURN
  p.lake_version AS lake_version,
  p.load_id AS load_id,
  toString(p.as_of) AS as_of,
  p.state AS state,
  p.digests AS digests
