"""How fast is Maquette, beside the least a server could do, and beside a usual team's work? All in one run.

`python -m benchmarks` runs it; README.md says how to read the answer.
"""
