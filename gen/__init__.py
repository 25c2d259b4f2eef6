"""The generator: api/*.hpp in, generated/ out."""
