"""The exam rules as pure functions: facts in, answer out. No Flask, no database, no clock."""
