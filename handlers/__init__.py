"""The edge to people: annotations and errors go in, cards and sentences come out."""
