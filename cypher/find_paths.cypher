// The shortest evidence paths between each pair of products, hubs avoided, at most a few a pair.
// params: pairs, max_degree, most
// returns: source, target, names, labels, relations, forwards
UNWIND $pairs AS pair
MATCH (a:Product {sku: pair[0]}), (b:Product {sku: pair[1]})
CALL (a, b) {
  MATCH path = allShortestPaths((a)-[:BOUGHT_WITH|SWITCHED_TO|GOES_WITH|IN_CATEGORY|OF_BRAND|PROMOTES*..3]-(b))
  WHERE all(node IN nodes(path) WHERE node = a OR node = b OR COUNT { (node)--() } <= $max_degree)
  WITH
    [node IN nodes(path) | coalesce(node.name, node.sku, node.category_id, node.promotion_id)] AS names,
    [node IN nodes(path) | labels(node)[0]] AS labels,
    [step IN relationships(path) | type(step)] AS relations,
    [place IN range(0, length(path) - 1) | startNode(relationships(path)[place]) = nodes(path)[place]] AS forwards
  RETURN DISTINCT names, labels, relations, forwards
  ORDER BY relations, names, forwards
  LIMIT $most
}
RETURN a.sku AS source, b.sku AS target, names, labels, relations, forwards
