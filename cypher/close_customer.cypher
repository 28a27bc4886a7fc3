// Removes a customer and every relationship they have.
// params: customer_id
// returns: num_nodes, num_relationships
MATCH (c:Customer {customer_id: $customer_id})
WITH c, COUNT { (c)--() } AS degree
DETACH DELETE c
RETURN count(degree) AS num_nodes, sum(degree) AS num_relationships
