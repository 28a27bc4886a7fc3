// Lets products be found by the words of their names and descriptions; made after the first load, which it would slow.
// params:
// returns:
CREATE FULLTEXT INDEX product_words IF NOT EXISTS
FOR (p:Product) ON EACH [p.name, p.description]
