"""The exchange itself: rules, what is kept, and what they need."""

import os

# Before anything imports openpyxl: with lxml it would expand entities and read what it must refuse.
os.environ["OPENPYXL_LXML"] = "False"
