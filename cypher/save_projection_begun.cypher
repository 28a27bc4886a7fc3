// Marks that a projection is under way and which parts of the graph still stand as before.
// params: digests
// returns:
MERGE (p:Projection {name: 'lake'})
SET p.state = 'loading', p.digests = $digests
