"""What media files say beside their pixels and sounds: read, and for some formats added.

Pure functions over bytes that know nothing of rows. Files come from anybody, so each reads a
bounded part of one.
"""
