-- Puts before a payload that is JSON already the line that ElasticSearch's bulk API wants.
--
-- config (default): texts may have %{parts} of the message, and formats of time
--   index ("heka-%{%Y.%m.%d}")
--   type_name ("message")
--   id (nil)
--   es_index_from_timestamp (false)  formats of time show the message's, not the present

local elasticsearch = require "elasticsearch"
require "string"

local index          = read_config("index") or "heka-%{%Y.%m.%d}"
local type_name      = read_config("type_name") or "message"
local id             = read_config("id")
local from_timestamp = read_config("es_index_from_timestamp")

function process_message()
    local ns
    if from_timestamp then ns = read_message("Timestamp") end
    local payload = read_message("Payload")
    if not string.find(payload, "%S") then return -1, "no payload" end

    add_to_payload(elasticsearch.bulkapi_index_json(index, type_name, id, ns), "\n", payload)
    if string.sub(payload, -1) ~= "\n" then add_to_payload("\n") end
    inject_payload()
    return 0
end
