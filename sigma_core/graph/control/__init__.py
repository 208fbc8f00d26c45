"""Control flow as operations: loops, branches and calls, whose bodies are graphs of their own."""
