"""What runs inside a build, on made-up roots."""
