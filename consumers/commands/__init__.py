"""What the commands of the program do, a file per subject; `consumers.program` says how each is called."""
