// Marks that the graph stands whole at a lake version, without live facts; the last thing a projection writes.
// params: lake_version, load_id, as_of, digests
// returns:
MERGE (p:Projection {name: 'lake'})
SET p.state = 'ready',
  p.lake_version = $lake_version,
  p.load_id = $load_id,
  p.as_of = date($as_of),
  p.digests = $digests,
  p.sequence = null,
  p.fence = null
