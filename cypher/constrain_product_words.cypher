// Products are found by the words of their names and descriptions.
// params:
// returns:
CREATE FULLTEXT INDEX product_words IF NOT EXISTS
FOR (p:Product) ON EACH [p.name, p.description]
