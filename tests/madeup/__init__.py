"""Made-up inputs that several kinds of test share."""
