"""The formulas: arrays in, arrays out, each with its source."""
