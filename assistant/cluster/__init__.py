"""Several replicas on one machine, as they stand on several: nginx, PostgreSQL, Redis, workers."""

from assistant.cluster.cluster import Cluster
from assistant.cluster.programs import ClusterError

__all__ = ["Cluster", "ClusterError"]
