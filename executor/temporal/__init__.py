"""The same core inside a Temporal workflow: for those who outgrow one machine.

Only this package imports `temporalio`, which is an extra; nothing outside asks for the package
but commands that somebody sends to Temporal.
"""
