// A random share (1.0 = all) of the COMPLEMENTS relationships, candidate to anchor.
// params: share
// returns: id, sku, other_sku, rank, probability, transfer_share, num_baskets, num_switches, is_same_category, text_similarity, is_calibrated, model_version
MATCH (candidate:Product)-[e:COMPLEMENTS]->(anchor:Product)
WHERE rand() < $share
RETURN
  id(e) AS id,
  candidate.sku AS sku,
  anchor.sku AS other_sku,
  e.rank AS rank,
  e.probability AS probability,
  e.transfer_share AS transfer_share,
  e.num_baskets AS num_baskets,
  e.num_switches AS num_switches,
  e.is_same_category AS is_same_category,
  e.text_similarity AS text_similarity,
  e.is_calibrated AS is_calibrated,
  e.model_version AS model_version
