"""What people read, in Dutch and in English: facts of events, labels, reasons and dates."""
