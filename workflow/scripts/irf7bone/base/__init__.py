"""What every room uses: errors, the words and statuses of tables, numbers as text, compiled loops."""
