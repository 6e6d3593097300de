"""Training: annotated articles as spaCy examples, and the run that turns them into a model."""
