#!/usr/bin/env python3
"""Passes on the messages that took longer than SECONDS, with a field that says how much longer."""
import json
import sys

limit = float(sys.argv[1])
for line in sys.stdin:
    message = json.loads(line)
    took = message.get("Fields", {}).get("request_time", 0)
    if took > limit:
        message["Fields"]["over"] = round(took - limit, 3)
        print(json.dumps(message), flush=True)
