"""The people of the grids: who holds which post, what is vacant, who carries too much, who could help out."""
