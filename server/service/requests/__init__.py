"""Asking and allowing: requests, their steps of approval, authority and delegation, queues, emergencies, handing on."""
