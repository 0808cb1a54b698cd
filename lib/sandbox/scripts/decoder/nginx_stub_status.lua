-- Decodes the page of nginx's stub_status: the fields connections, accepts, handled, requests,
-- reading, writing and waiting.
--
-- config (default)
--   type ("nginx_stub_status")  Type of the messages
--   payload_keep (false)        keep the page as the payload

require "string"

local msg_type     = read_config("type") or "nginx_stub_status"
local payload_keep = read_config("payload_keep")

local names = {"connections", "accepts", "handled", "requests", "reading", "writing", "waiting"}
local page = "^Active connections:%s+(%d+)%s+server accepts handled requests%s+" ..
             "(%d+)%s+(%d+)%s+(%d+)%s+Reading:%s+(%d+)%s+Writing:%s+(%d+)%s+Waiting:%s+(%d+)"

function process_message()
    local text = read_message("Payload")
    local values = {string.match(text, page)}
    if not values[1] then return -1, "no page of stub_status" end

    local fields = {}
    for i, name in ipairs(names) do
        fields[name] = {value = tonumber(values[i]), value_type = 2}
    end
    inject_message({Type = msg_type, Fields = fields, Payload = payload_keep and text or nil})
    return 0
end
