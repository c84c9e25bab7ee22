"""Backup and restore of all that is a school's: database, kept files, key, trail's anchor, school folder.

It works on settings and files, so that it needs no school that starts; only `checking` asks the application.
Decision 0040 says why it is as it is.
"""
