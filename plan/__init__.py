"""The contract between compiler and executor: plans, expressions, inputs, agents, diagnostics."""
