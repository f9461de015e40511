"""What station and server say to each other: message types, codec, topics, signing, hash chain.

Imports the standard library, msgspec and cryptography only. Nothing here knows a database, a device or a clock.
"""
