// Writes promotions, each wholly, whether the graph has it or not.
// params: rows
// returns: id
UNWIND $rows AS row
MERGE (p:Promotion {promotion_id: row[0]})
SET p = {
  promotion_id: row[0],
  campaign_id: row[1],
  name: row[2],
  kind: row[3],
  starts_on: date(row[4]),
  ends_on: date(row[5]),
  cost: row[6],
  load_id: row[7]
}
RETURN id(p) AS id
