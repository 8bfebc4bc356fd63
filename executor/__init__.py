"""Runs plans: a pure core of events and decisions, actions that do work, adapters that keep it."""
