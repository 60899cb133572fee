"""What the system tests share: guests, builds, and the book's marked code blocks."""
