// The products bought most often with each product, most baskets first.
// params: keys, limit
// returns: key, sku, num_baskets, lift
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (:Product {sku: wanted})-[e:BOUGHT_WITH]-(other:Product)
  RETURN other, e ORDER BY e.num_baskets DESC, other.sku LIMIT $limit
}
RETURN wanted AS key, other.sku AS sku, e.num_baskets AS num_baskets, e.lift AS lift
