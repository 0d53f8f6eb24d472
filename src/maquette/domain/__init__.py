"""The verbs: what may happen to the nouns, and under which rules. Each runs inside one transaction of its caller."""
