-- Decodes BIND's log of queries, as a channel with print-time, print-severity and
-- print-category writes it. The fields are ClientIP, FullQuery, QueryName (its first label)
-- and QueryDomain (the rest), RecordClass, RecordType, QueryFlags (a list) and
-- ServerRespondingIP; the time of the line is the message's. The payload stays.
--
-- config (default)
--   type (nil)  Type of the messages

local bind = require "bind"
local l    = require "lpeg"

local msg_type = read_config("type")
local grammar  = l.Ct(bind.query_log_grammar)

function process_message()
    local line = read_message("Payload")
    local fields = grammar:match(line)
    if not fields then return -1, "no line of BIND's query log" end

    local msg = {Type = msg_type, Timestamp = fields.Timestamp, Payload = line, Fields = fields}
    fields.Timestamp = nil
    inject_message(msg)
    return 0
end
