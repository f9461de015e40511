"""Take stations' messages in: MQTT consumer, batches, handlers, quarantine, receipts.

Knows services, not pages.
"""
