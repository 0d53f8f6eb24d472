"""The verbs: what may happen to the nouns, and under which rules. Each runs inside one transaction of its caller.

A verb that takes an actor raises `Forbidden`, `ReadOnly` or `OutOfScope` for one who may not do it, and one that takes
a guard raises what the guard does; their docstrings name what else they raise.
"""
