"""The program `kernhub`: how each command is called. What it does stands in `consumers.commands`."""
