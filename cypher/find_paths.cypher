// The shortest evidence paths between each pair of products, hubs avoided, at most a few a pair.
// params: pairs, max_degree, most
// returns: source, target, names, labels, relations, forwards
// A step between the two is looked for first: the search for longer paths looks at all neighbours of both.
UNWIND $pairs AS pair
MATCH (a:Product {sku: pair[0]}), (b:Product {sku: pair[1]})
CALL (a, b) {
  OPTIONAL MATCH step = (a)-[:BOUGHT_WITH|SWITCHED_TO|GOES_WITH|IN_CATEGORY|OF_BRAND|PROMOTES]-(b)
  RETURN collect(step) AS direct
}
CALL (a, b, direct) {
  UNWIND direct AS path
  RETURN path
  UNION ALL
  WITH a, b, direct
  WHERE size(direct) = 0
  MATCH path = allShortestPaths((a)-[:BOUGHT_WITH|SWITCHED_TO|GOES_WITH|IN_CATEGORY|OF_BRAND|PROMOTES*..3]-(b))
  WHERE all(node IN nodes(path) WHERE node = a OR node = b OR COUNT { (node)--() } <= $max_degree)
  RETURN path
}
WITH DISTINCT a, b,
  [node IN nodes(path) | coalesce(node.name, node.sku, node.category_id, node.promotion_id)] AS names,
  [node IN nodes(path) | labels(node)[0]] AS labels,
  [step IN relationships(path) | type(step)] AS relations,
  [place IN range(0, length(path) - 1) | startNode(relationships(path)[place]) = nodes(path)[place]] AS forwards
ORDER BY relations, names, forwards
WITH a, b, collect({names: names, labels: labels, relations: relations, forwards: forwards})[..$most] AS paths
UNWIND paths AS path
RETURN a.sku AS source, b.sku AS target, path.names AS names, path.labels AS labels, path.relations AS relations,
  path.forwards AS forwards
