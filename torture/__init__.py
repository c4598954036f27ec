"""The fault harness: random commands, processes that are killed, and a history that is checked."""
