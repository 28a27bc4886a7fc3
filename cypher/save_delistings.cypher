// Says when products leave the range; null where they do not.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (p:Product {sku: row[0]})
SET p.delisted_on = date(row[1])
