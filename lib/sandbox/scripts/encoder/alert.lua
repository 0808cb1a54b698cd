-- Makes alerts, and messages that a sandbox was terminated, readable by people, for mail.
--
-- config: none

require "os"
require "string"

function process_message()
    local time = os.date("!%Y-%m-%dT%H:%M:%SZ", read_message("Timestamp") / 1e9)
    inject_payload("txt", "", string.format(
        ":Timestamp: %s\n:Hostname: %s\n:Plugin: %s\n:Alert: %s\n",
        time, read_message("Hostname"), read_message("Logger"), read_message("Payload")))
    return 0
end
