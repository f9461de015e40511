"""The life of a loan: taking out, copies, checking back in, repairs, searches, and the reminders that time brings."""
