"""Tests of workflows: their files, how they are rehearsed, and what they have been through."""
