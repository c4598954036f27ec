"""Skills, platforms and the controlled vocabularies."""
