-- Decodes what rsyslog writes with a template. Its properties become
--   timestamp, timereported, else timegenerated       Timestamp
--   timegenerated                                     the field of that name, too
--   hostname, else source                             Hostname
--   pri, syslogseverity, syslogpriority               Severity
--   syslogtag                                         Pid, and the field programname
--   pri, syslogfacility                               the field syslogfacility
--   msg                                               the payload
--   structured-data                                   fields such as structured-data.id
--   all others                                        fields of their names
--
-- config (default)
--   template               as in rsyslog.conf; required
--   hostname_keep (false)  keep the Hostname that the message has
--   tz (UTC)               zone of times that name none
--   type (nil)             Type of the messages

local syslog = require "syslog"

local template = read_config("template") or error("template must be configured")
local grammar  = syslog.build_rsyslog_grammar(template)

local msg_type      = read_config("type")
local hostname_keep = read_config("hostname_keep")

-- first takes the properties away and returns the first of them that is there.
local function first(fields, names)
    local found
    for _, name in ipairs(names) do
        if found == nil then found = fields[name] end
        fields[name] = nil
    end
    return found
end

local severities = {"syslogseverity", "syslogpriority", "syslogseverity-text",
                    "syslogpriority-text"}
local facilities = {"syslogfacility", "syslogfacility-text"}

function process_message()
    local line = read_message("Payload")
    -- Templates end with a line feed; lines may have lost theirs.
    local fields = grammar:match(line) or grammar:match(line .. "\n")
    if not fields then return -1, "not of the template" end

    local msg = {
        Type      = msg_type,
        Timestamp = first(fields, {"timestamp"}) or fields.timegenerated,
        Severity  = first(fields, severities),
        Payload   = first(fields, {"msg"}),
        Fields    = fields,
    }
    if not hostname_keep then msg.Hostname = first(fields, {"hostname", "source"}) end
    fields.syslogfacility = first(fields, facilities)

    local pri = first(fields, {"pri"})
    if pri then
        msg.Severity = pri.severity
        fields.syslogfacility = pri.facility
    end
    local tag = first(fields, {"syslogtag"})
    if tag then
        fields.programname = tag.programname
        msg.Pid = tag.pid
    end
    local data = first(fields, {"structured-data"})
    if type(data) == "table" then
        for k, v in pairs(data) do fields["structured-data." .. k] = v end
    else
        fields["structured-data"] = data
    end
    inject_message(msg)
    return 0
end
