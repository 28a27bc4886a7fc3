// A random share (1.0 = all) of the promotions, days as text and instants as microseconds since 1970.
// params: share
// returns: id, promotion_id, campaign_id, name, kind, starts_on, ends_on, cost, load_id
MATCH (p:Promotion)
WHERE rand() < $share
RETURN
  id(p) AS id,
  p.promotion_id AS promotion_id,
  p.campaign_id AS campaign_id,
  p.name AS name,
  p.kind AS kind,
  toString(p.starts_on) AS starts_on,
  toString(p.ends_on) AS ends_on,
  p.cost AS cost,
  p.load_id AS load_id
