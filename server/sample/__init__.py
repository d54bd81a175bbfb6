"""The sample meeting's papers: its participants' list and the chapter it negotiates."""
