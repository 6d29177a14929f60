"""What was said of requests."""

SAID_OF = """
    SELECT r.asker, i.answer_key AS said FROM given JOIN request r USING (event_key)
           JOIN item i USING (item_key) WHERE i.answer_key IS NOT NULL
    UNION SELECT r.asker, v.answer_key FROM given JOIN request r USING (event_key)
          JOIN served v USING (event_key)
    UNION SELECT r.asker, a.answer_key FROM given JOIN request r USING (event_key)
          JOIN request s USING (item_key) JOIN answer a ON a.question_key = s.event_key
    UNION SELECT r.asker, t.by_key FROM given JOIN request r USING (event_key)
          JOIN request s USING (item_key) JOIN steering t ON t.request_key = s.event_key
"""
"""The events (`said`) that answer requests or their question, or steer them, with who asked; in a statement
of which `given` has the requests by `event_key`."""
