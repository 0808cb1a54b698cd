-- Decodes Apache's access log. %t is the message's time; all else are fields, under nginx's
-- names for the same, so that filters do not care which server wrote the log.
--
-- config (default)
--   log_format                      as behind LogFormat, without its quotes; required
--   type (nil)                      Type of the messages
--   user_agent_transform (false)    make user_agent_browser, user_agent_version and
--                                   user_agent_os of http_user_agent
--   user_agent_keep (false)         and keep it all the same
--   user_agent_conditional (false)  or keep it where no browser was recognised
--   payload_keep (false)            keep the line as the payload

local clf = require "common_log_format"

local log_format = read_config("log_format") or error("log_format must be configured")
local grammar    = clf.build_apache_grammar(log_format)

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
    if fields.time and fields.sec_frac then
        msg.Timestamp = fields.time + fields.sec_frac * 1e9
    end
    fields.time, fields.sec_frac = nil, nil
    if payload_keep then msg.Payload = line end
    if transform then transform_user_agent(fields) end
    inject_message(msg)
    return 0
end
