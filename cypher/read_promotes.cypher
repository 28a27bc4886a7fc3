// A random share (1.0 = all) of the PROMOTES relationships, ends as ids, days as text, instants as microseconds since 1970.
// params: share
// returns: id, source, target, promo_price, discount_share, num_stores, load_id
MATCH (source)-[e:PROMOTES]->(target)
WHERE rand() < $share
RETURN
  id(e) AS id,
  id(source) AS source,
  id(target) AS target,
  e.promo_price AS promo_price,
  e.discount_share AS discount_share,
  e.num_stores AS num_stores,
  e.load_id AS load_id
