"""The servers under load, all started, pinned to a core and measured in the same way."""
