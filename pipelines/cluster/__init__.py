"""Pipelines on a cluster: submit them to Kubeflow Pipelines, schedule them, follow them."""
