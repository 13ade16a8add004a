"""The parts of make_sample.py: a synthetic Shanyang Town, built from its plan down to its houses."""
