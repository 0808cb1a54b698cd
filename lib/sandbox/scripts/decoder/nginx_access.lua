-- Decodes nginx's access log. $time_local, $time_iso8601 or $msec is the message's time; all
-- other variables are fields of their names.
--
-- config (default)
--   log_format                      as in nginx.conf; required
--   type (nil)                      Type of the messages
--   user_agent_transform (false)    make user_agent_browser, user_agent_version and
--                                   user_agent_os of http_user_agent
--   user_agent_keep (false)         and keep it all the same
--   user_agent_conditional (false)  or keep it where no browser was recognised
--   payload_keep (false)            keep the line as the payload

local clf = require "common_log_format"

local log_format = read_config("log_format") or error("log_format must be configured")
local grammar    = clf.build_nginx_grammar(log_format)

local msg_type     = read_config("type")
local transform    = read_config("user_agent_transform")
local keep         = read_config("user_agent_keep")
local conditional  = read_config("user_agent_conditional")
local payload_keep = read_config("payload_keep")

local function transform_user_agent(fields)
    local agent = fields.http_user_agent
    if not agent then return end
    local browser, version, os = clf.normalize_user_agent(agent)
    fields.user_agent_browser = browser
    fields.user_agent_version = version
    fields.user_agent_os      = os
    if not keep and not (conditional and not browser) then fields.http_user_agent = nil end
end

function process_message()
    local line = read_message("Payload")
    local fields = grammar:match(line)
    if not fields then return -1, "not of the log_format" end

    local msg = {Type = msg_type, Timestamp = fields.time, Fields = fields}
    fields.time = nil
    if payload_keep then msg.Payload = line end
    if transform then transform_user_agent(fields) end
    inject_message(msg)
    return 0
end
