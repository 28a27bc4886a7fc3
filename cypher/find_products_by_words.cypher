// Products whose names or descriptions have the words, best first, after a place in that order.
// params: words, after_score, after, limit
// returns: sku, score
CALL db.index.fulltext.queryNodes("product_words", $words) YIELD node, score
WHERE score < $after_score OR (score = $after_score AND node.sku > $after)
RETURN node.sku AS sku, score
ORDER BY score DESC, sku
LIMIT $limit
