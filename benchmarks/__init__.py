"""What things cost, as ratios to what they cannot cost less than. How to read them: docs/benchmarks.md."""
