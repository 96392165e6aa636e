"""From a project and a target to a plan."""
