"""Certificates: given to people who attended, printed in any script, checked by anybody."""
