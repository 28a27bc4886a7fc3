// Marks that a projection is under way; from here on nobody lays live facts over the graph.
// params:
// returns:
MERGE (p:Projection {name: 'lake'})
SET p.state = 'loading'
