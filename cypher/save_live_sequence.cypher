// Says up to which change the graph holds live facts, if it stands where the writer believes; else returns no row.
// params: lake_version, before, sequence, fence, digests
// returns: fence
MATCH (p:Projection {name: 'lake'})
SET p.is_locked = true // whoever writes second waits here, and then reads what the first one wrote
WITH p
WHERE p.state = 'ready'
  AND p.lake_version = $lake_version
  AND coalesce(p.sequence, -1) = coalesce($before, -1)
  AND coalesce(p.fence, 0) <= $fence
SET p.sequence = $sequence, p.fence = $fence, p.digests = $digests
RETURN p.fence AS fence
