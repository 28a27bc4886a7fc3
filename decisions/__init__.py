"""Numbers become advice with evidence: what to recommend, what to offer instead, and why."""
