"""Which spans make a fact: candidates, features, the network, and the pipeline component."""
