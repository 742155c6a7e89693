"""An article's title and text go in; tone, figures, places, organizations, numbers, quotes and summary come out."""
