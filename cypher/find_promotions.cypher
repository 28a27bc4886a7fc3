// Promotions by key.
// params: keys
// returns: promotion_id, campaign_id, name, kind, starts_on, ends_on
UNWIND $keys AS wanted
MATCH (p:Promotion {promotion_id: wanted})
RETURN
  p.promotion_id AS promotion_id,
  p.campaign_id AS campaign_id,
  p.name AS name,
  p.kind AS kind,
  toString(p.starts_on) AS starts_on,
  toString(p.ends_on) AS ends_on
