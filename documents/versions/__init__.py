"""Named points in a chapter's history: frozen, published as papers, restored."""
