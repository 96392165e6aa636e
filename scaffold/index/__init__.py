"""Reading what package indexes offer."""
