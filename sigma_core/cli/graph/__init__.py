"""`sigma graph`: the programs of a recipe, as text, as data and as pictures."""
