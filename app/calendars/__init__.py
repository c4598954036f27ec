"""iCal feeds that subscribers can rely on."""
