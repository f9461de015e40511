"""A cabinet asks and tells: who may open it, what left and came, what the verdict changes, which alarms it sets."""
