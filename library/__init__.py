"""Workflows that others share: catalogs, packages, and what is installed in a project.

The files stand where GitHub Spec Kit 1.2.3 keeps them, in its formats: both programs work on one
project. Nothing here runs a workflow; what is downloaded is compiled and shown, then installed.
"""
