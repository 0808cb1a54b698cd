-- Decodes nginx's error log: Timestamp, Severity, Pid, the fields tid and connection, and the
-- rest as the payload.
--
-- config (default)
--   tz (UTC)              zone of the times
--   type ("nginx.error")  Type of the messages
--   payload_keep (false)  the whole line as the payload

local clf = require "common_log_format"

local msg_type     = read_config("type") or "nginx.error"
local payload_keep = read_config("payload_keep")

function process_message()
    local line = read_message("Payload")
    local msg = clf.nginx_error_grammar:match(line)
    if not msg then return -1, "no line of nginx's error log" end

    msg.Type = msg_type
    if payload_keep then msg.Payload = line end
    inject_message(msg)
    return 0
end
