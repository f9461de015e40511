"""How items leave for good: retention, appraisal, destruction, and the departure that is kept for ever."""
