// Says which parts of the graph still stand while a projection writes the others.
// params: digests
// returns:
MERGE (p:Projection {name: 'lake'})
SET p.digests = $digests
