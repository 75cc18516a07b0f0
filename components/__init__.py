"""KFP components: one step of a pipeline each, a thin door to one function of the domain."""
