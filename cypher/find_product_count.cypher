// How many products there are.
// params: 
// returns: num_products
MATCH (p:Product)
RETURN count(p) AS num_products
