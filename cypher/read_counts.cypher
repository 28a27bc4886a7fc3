// How many nodes each label and how many relationships each type has.
// params:
// returns: name, num
MATCH (n)
UNWIND labels(n) AS name
RETURN name, count(*) AS num
UNION ALL
MATCH ()-[e]->()
RETURN type(e) AS name, count(*) AS num
