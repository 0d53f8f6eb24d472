"""Scripts to run against a server, and the rooms behind them."""
