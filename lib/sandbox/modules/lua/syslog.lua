-- syslog: grammars of syslog lines, made from rsyslog's templates, and their parts.
--
--   build_rsyslog_grammar(template)   after a template such as
--                                     %TIMESTAMP% %HOSTNAME% %syslogtag%%msg%\n
--   severity, facility                a name to its number
--   integer, float                    a number
--   notspace                          all up to a blank
--   commonmac                         a MAC address
--   capture_until(name, text)         all before text, as a named group
--   capture_followed_by(name, text)   the same, and takes text away
--
-- The table of a template has the properties in lower case. Times are nanoseconds,
-- timereported is timestamp; pri is {facility = , severity = }, syslogtag is
-- {programname = , pid = }, structured-data is {id = , _name = value, ...} and empty for
-- "-"; numbers and names of facilities and severities are numbers; all others are text.

local dt     = require "date_time"
local l      = require "lpeg"
local math   = require "math"
local string = require "string"
l.locale(l)

local error    = error
local ipairs   = ipairs
local tonumber = tonumber

local M = {}
setfenv(1, M)

local digit = l.digit

-- names returns the pattern of the names of a list of {number, name, ...}.
local function names(list)
    local p = l.P(false)
    for length = 9, 1, -1 do
        for _, entry in ipairs(list) do
            for i = 2, #entry do
                if #entry[i] == length then p = p + l.P(entry[i]) * l.Cc(entry[1]) end
            end
        end
    end
    return p
end

severity = names{
    {0, "emergency", "emerg", "panic"},
    {1, "alert"},
    {2, "critical", "crit"},
    {3, "error", "err"},
    {4, "warning", "warn"},
    {5, "notice"},
    {6, "info"},
    {7, "debug"},
}

facility = names{
    {0, "kern"}, {1, "user"}, {2, "mail"}, {3, "daemon"}, {4, "auth", "security"},
    {5, "syslog"}, {6, "lpr"}, {7, "news"}, {8, "uucp"}, {9, "cron"}, {10, "authpriv"},
    {11, "ftp"}, {12, "ntp"}, {13, "audit"}, {15, "clock"},
    {16, "local0"}, {17, "local1"}, {18, "local2"}, {19, "local3"},
    {20, "local4"}, {21, "local5"}, {22, "local6"}, {23, "local7"},
}

integer  = l.P"-"^-1 * digit^1 / tonumber
float    = l.P"-"^-1 * digit^1 * (l.P"." * digit^1)^-1 / tonumber
notspace = (1 - l.space)^1

local octet = l.xdigit * l.xdigit
commonmac = octet * ":" * octet * ":" * octet * ":" * octet * ":" * octet * ":" * octet

function capture_until(name, text)
    return l.Cg((1 - l.P(text))^0, name)
end

function capture_followed_by(name, text)
    return capture_until(name, text) * text
end

-- up_to returns the pattern of what stands before the text stop, or before the end.
local function up_to(stop)
    if not stop then return l.P(1)^0 end
    return (1 - l.P(stop))^0
end

local function text(stop) return l.C(up_to(stop)) end

local count = digit^1 / tonumber

local function priority(n)
    n = tonumber(n)
    return {facility = math.floor(n / 8), severity = n % 8}
end

local tag = l.Ct(
    l.Cg((1 - l.S" \t\r\n:[")^0, "programname") *
    (l.P"[" * (l.Cg(count, "pid") * "]" + (1 - l.S"]\r\n")^0 * "]"))^-1 *
    l.P":"^-1)

-- Structured data as in RFC 5424. Of several elements, the first gives the id.
local sd_name  = l.C((l.R"!~" - l.S'=]" ')^0)
local sd_value = l.P'"' * l.Cs((l.P"\\" / "" * l.S'"\\]' + (1 - l.P'"'))^0) * '"'
local sd_param = l.P" " * l.Cg(sd_name / function(name) return "_" .. name end * "=" * sd_value)
local sd_id    = l.Cg(l.Cc"id" * sd_name)
local function sd_set(t, name, value)
    if t[name] == nil then t[name] = value end
    return t
end
local structured = l.Cf(l.Ct"" * (l.P"[" * sd_id * sd_param^0 * "]")^1, sd_set) +
    l.Ct"" * "-"

local subseconds = digit^1 / tonumber
local times = {
    ["date-rfc3339"]       = dt.to_ns(dt.rfc3339),
    ["date-mysql"]         = dt.to_ns(dt.mysql_timestamp),
    ["date-pgsql"]         = dt.to_ns(dt.pgsql_timestamp),
    ["date-rfc3164"]       = dt.rfc3164_timestamp / dt.time_to_ns,
    ["date-unixtimestamp"] = count / dt.seconds_to_ns,
    ["date-subseconds"]    = subseconds,
}

local function time(_, options)
    for _, o in ipairs(options) do
        if times[o] then return times[o] end
    end
    return times["date-rfc3164"]
end

local function only(p) return function() return p end end

-- What msg is written with: the blanks before it, or the text itself, without the line
-- feed at its end if so asked.
local function message(stop, options)
    for _, o in ipairs(options) do
        if o == "sp-if-no-1st-sp" then return nil, l.P" "^0 end
        if o == "drop-last-lf" and not stop then
            return l.C((1 - l.P"\n" * -1)^0) * l.P"\n"^-1
        end
    end
    return text(stop)
end

local properties = {
    ["msg"]                     = message,
    ["syslogtag"]               = only(tag),
    ["pri"]                     = only(digit^1 / priority),
    ["pri-text"]                = only(facility * "." * (severity / 0) * "<" * digit^1 * ">"),
    ["syslogfacility"]          = only(count),
    ["syslogfacility-text"]     = only(facility),
    ["syslogpriority"]          = only(count),
    ["syslogpriority-text"]     = only(severity),
    ["syslogseverity"]          = only(count),
    ["syslogseverity-text"]     = only(severity),
    ["programname"]             = function(stop)
        if stop then return text(stop) end
        return l.C((1 - l.S" \t\r\n:[")^1)
    end,
    ["structured-data"]         = function(stop) return structured + text(stop) end,
    ["timegenerated"]           = time,
    ["timereported"]            = time,
    ["timestamp"]               = time,
}

local synonyms = {timereported = "timestamp"}

-- property returns the element of %name:from:to:options%.
local function property(name, from, to, options)
    name = string.lower(name)
    local list = {}
    for o in string.gmatch(options or "", "[^,]+") do list[#list + 1] = o end
    return {name = synonyms[name] or name, make = properties[name] or text, options = list}
end

local escapes = {n = "\n", r = "\r", t = "\t"}

local part = l.C((1 - l.S":%")^0)
local template_grammar = l.Ct(l.P{
    (l.V"property" + l.V"escaped" + l.V"literal")^0 * -1,
    property = l.P"%" * part * (l.P":" * part)^-3 * "%" / property,
    escaped  = l.P"\\" * (l.P(1) / function(c) return {literal = escapes[c] or c} end),
    literal  = (1 - l.S"\\%")^1 / function(s) return {literal = s} end,
})

-- literal returns the pattern of s. A blank in it is one blank of any kind: two in a row
-- are an empty property.
local function literal(s)
    local p = l.P(true)
    for rest, blank in string.gmatch(s, "([^ ]*)( ?)") do
        if rest ~= "" then p = p * l.P(rest) end
        if blank ~= "" then p = p * l.space end
    end
    return p
end

local function joined(parts)
    local elements = {}
    for _, e in ipairs(parts) do
        local last = elements[#elements]
        if e.literal and last and last.literal then
            last.literal = last.literal .. e.literal
        else
            elements[#elements + 1] = e
        end
    end
    return elements
end

function build_rsyslog_grammar(template)
    local parts = template_grammar:match(template)
    if not parts then error("could not parse the rsyslog template: " .. template) end
    local elements = joined(parts)
    local grammar = l.P(true)
    local stop
    for i = #elements, 1, -1 do
        local e = elements[i]
        if e.literal then
            grammar = literal(e.literal) * grammar
            stop = e.literal
        else
            local value, unnamed = e.make(stop, e.options)
            grammar = (unnamed or l.Cg(value, e.name)) * grammar
            stop = nil
        end
    end
    return l.Ct(grammar)
end

return M
