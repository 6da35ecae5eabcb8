"""What the product earned: what came back, what of it would not have come by itself, and the proof of each line."""
