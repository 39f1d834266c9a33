"""What each feature does, step by step, and how one sees that it worked."""
