"""The merge core, measured on its own: what many delegations wrote at the same time becomes one text.

Predictions: with the bare library, 500 delegations × 200 edits are merged at least 40 times faster than Yjs takes the
edits one by one, and at least 5 times faster than Loro's batch import; with gate and authorship at least 10 times
faster than Yjs. The time grows with the edits to the power of 1.15 at most, but where everybody inserts at the same
index again and again, and where those who come back to one spot are taken in whatever order they come.
"""
