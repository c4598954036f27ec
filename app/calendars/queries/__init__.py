"""Every select of the calendars."""
