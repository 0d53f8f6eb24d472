"""The rooms behind load_and_walk.py.

`rows` the nouns · `calls` the patient way out · `craftdesk`, `creatopy` the two APIs' words · `load` what is
made · `walk` every list, page by page · `recognise`, `order`, `compare` what was made with what was walked ·
`report` the result, and how it prints
"""
