"""What would a competent team in a hurry write? FastAPI, SQLAlchemy 2 and aiosqlite, as documented.

It answers the calls that are measured, on the same wire shapes, and is good for nothing else.
"""
