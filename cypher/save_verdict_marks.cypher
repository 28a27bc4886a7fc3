// Marks relations between products with people's word on them; null where nobody's counts.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (:Product {sku: row[1]})-[e:SUBSTITUTES_FOR|COMPLEMENTS]->(:Product {sku: row[2]})
WHERE type(e) = row[0]
SET e.verdict = row[3]
