"""What every feature stands on: settings, database, errors, facts. Knows no feature and no HTTP."""
