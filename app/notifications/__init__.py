"""Who is told what, when. Reads everything below, is imported by nothing below."""
