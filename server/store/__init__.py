"""Keep: tables, rows <-> facts, the one unit of work that commits, inbox, outbox, ledger, migrations.

Nothing here decides; rows never leave.
"""
