"""The forms in which a chapter leaves the house: pure functions from `documents.paper.Paper` to text or bytes."""
