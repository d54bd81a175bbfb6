"""The load: clients in C that type, ping and join, where they do it, and real Yjs clients that check the text."""
