-- common_log_format: grammars of web servers' logs, made from their configuration.
--
--   build_nginx_grammar(log_format)   after nginx's log_format: $remote_addr - [$time_local]
--   build_apache_grammar(log_format)  after Apache's LogFormat: %h %l %u %t \"%r\" %>s
--   nginx_error_grammar               nginx's error log: Timestamp, Severity, Pid, Payload
--                                     and Fields.tid, Fields.connection
--   normalize_user_agent(text)        browser, its version (a number) and the system
--
-- A grammar makes a table of fields under nginx's names, whichever server wrote the
-- line: addresses as {value = , representation = "ipv4"}, sizes with "B", durations with
-- "s", "ms" or "us", numbers as numbers, and the time in nanoseconds under "time".

local dt     = require "date_time"
local ip     = require "ip_address"
local l      = require "lpeg"
local string = require "string"
local table  = require "table"
l.locale(l)

local error    = error
local ipairs   = ipairs
local tonumber = tonumber

local M = {}
setfenv(1, M)

local digit = l.digit

-- Values. What the servers write where there is nothing, "-", makes no field.
local none    = l.P"-" * l.Cc(nil)
local integer = digit^1 / tonumber
local decimal = digit^1 * (l.P"." * digit^1)^-1 / tonumber

local function measured(value, representation)
    return l.Ct(l.Cg(value, "value") * l.Cg(l.Cc(representation), "representation"))
end

local number  = integer + none
local bytes   = measured(integer, "B") + none
local size    = measured(integer + l.P"-" / function() return 0 end, "B")
local seconds = measured(decimal, "s") + none

-- text returns the pattern of a value that the text stop follows; nil is the end of
-- the format, where a value ends with a blank. In quotes it may hold escaped ones.
local function text(stop)
    if not stop then return l.C((1 - l.space)^0) end
    local first = string.sub(stop, 1, 1)
    if first == '"' then
        local plain = (1 - l.S'"\\')^0
        return l.C(plain * (l.P"\\" * 1 * plain)^0)
    end
    if #stop == 1 then return l.C((1 - l.P(stop))^0) end
    return l.C(((1 - l.P(first))^1 + (1 - l.P(stop)))^0)
end

-- build returns the grammar of elements: literal texts, and variables as functions
-- that take what follows and return a pattern.
local function build(elements)
    local grammar = l.P(true)
    local stop
    for i = #elements, 1, -1 do
        local e = elements[i]
        if e.literal then
            stop = e.literal
            grammar = l.P(stop) * grammar
        else
            grammar = e.pattern(stop) * grammar
            stop = e.begins or stop
        end
    end
    return l.Ct(grammar)
end

-- Adjoining literals are one, so that a value ends where all of it stands.
local function add_literal(elements, s)
    local last = elements[#elements]
    if last and last.literal then
        last.literal = last.literal .. s
    else
        table.insert(elements, {literal = s})
    end
end

local function named(name, value)
    return function() return l.Cg(value, name) end
end

local function named_text(name)
    return function(stop) return l.Cg(text(stop), name) end
end

local function ns(p) return l.Cg(p, "time") end

-- nginx

-- list returns the pattern of the values of several upstreams: a, b : c
local function list(value)
    return l.Ct(value * ((l.P", " + " : ") * value)^0)
end

local nothing_is_0 = l.P"-" / function() return 0 end
local peer         = l.C((1 - l.S" ,")^1)
local address      = ip.v6_field + ip.v4_field + l.C"unix:" + none
local host         = ip.host_field
local statuses     = list(integer + nothing_is_0)
local durations    = measured(list(decimal + nothing_is_0), "s")
local sizes        = measured(list(integer + nothing_is_0), "B")

-- to_ns leaves out what has no date.
local function to_ns(t)
    if t.year or t.time_t then return dt.time_to_ns(t) end
    return nil
end

local http_date = dt.build_strftime_grammar("%a, %d %b %Y %H:%M:%S %Z") / to_ns
local msec = digit^1 * (l.P"." * digit^1)^-1 / function(s) return tonumber(s) * 1e9 end

local nginx_variables = {
    body_bytes_sent              = bytes,
    bytes_sent                   = bytes,
    connection                   = number,
    connection_requests          = number,
    content_length               = bytes,
    host                         = host,
    hostname                     = host,
    is_args                      = l.C(l.P"?"^-1),
    pid                          = number,
    proxy_protocol_addr          = address,
    proxy_protocol_port          = number,
    realip_remote_addr           = address,
    realip_remote_port           = number,
    remote_addr                  = address,
    remote_port                  = number,
    request_length               = bytes,
    request_time                 = seconds,
    server_addr                  = address,
    server_name                  = host,
    server_port                  = number,
    status                       = number,
    tcpinfo_rcv_space            = number,
    tcpinfo_rtt                  = number,
    tcpinfo_rttvar               = number,
    tcpinfo_snd_cwnd             = number,
    upstream_addr                = list(peer),
    upstream_bytes_received      = sizes,
    upstream_bytes_sent          = sizes,
    upstream_cache_last_modified = http_date + none,
    upstream_connect_time        = durations,
    upstream_first_byte_time     = durations,
    upstream_header_time         = durations,
    upstream_queue_time          = durations,
    upstream_response_length     = sizes,
    upstream_response_time       = durations,
    upstream_session_time        = durations,
    upstream_status              = statuses,
}

local nginx_times = {
    msec         = msec,
    time_iso8601 = dt.to_ns(dt.rfc3339),
    time_local   = dt.to_ns(dt.clf_timestamp),
}

local function nginx_variable(name)
    if nginx_times[name] then
        local p = ns(nginx_times[name])
        return {pattern = function() return p end}
    end
    if nginx_variables[name] then
        return {pattern = named(name, nginx_variables[name]),
                begins = name == "is_args" and "?" or nil}
    end
    return {pattern = named_text(name)}
end

local nginx_format = l.P{
    (l.V"variable" + l.V"literal")^0 * -1,
    variable = l.P"$" * (l.V"name" + "{" * l.V"name" * "}"),
    name     = (l.alnum + "_")^1 / function(s) return nginx_variable(s) end,
    literal  = l.P(1) / function(s) return {literal = s} end,
}

-- parse returns the elements of a format.
local function parse(grammar, format)
    local parts = l.Ct(grammar):match(format)
    if not parts then error("could not parse the log_format: " .. format) end
    local elements = {}
    for _, e in ipairs(parts) do
        if e.literal then
            add_literal(elements, e.literal)
        else
            table.insert(elements, e)
        end
    end
    return elements
end

function build_nginx_grammar(log_format)
    return build(parse(nginx_format, log_format))
end

local severities = {emerg = 0, alert = 1, crit = 2, error = 3, warn = 4, notice = 5,
                    info = 6, debug = 7}

local error_time = dt.to_ns(dt.build_strftime_grammar("%Y/%m/%d %H:%M:%S"))

nginx_error_grammar = l.Ct(
    l.Cg(error_time, "Timestamp") *
    l.Cg(l.Cb"Timestamp", "time") *
    " [" * l.Cg(l.alpha^1 / severities, "Severity") * "] " *
    l.Cg(integer, "Pid") * "#" *
    l.Cg(l.Ct(
        l.Cg(integer, "tid") * ": " *
        (l.P"*" * l.Cg(integer, "connection") * " ")^-1), "Fields") *
    l.Cg(l.P(1)^0, "Payload"))

-- Apache

local function hex(s) return tonumber(s, 16) end

local function text_of(name) return {pattern = named_text(name)} end
local function value_of(name, value) return {pattern = named(name, value)} end

local function underscored(name)
    return (string.gsub(string.lower(name), "%-", "_"))
end

local clf_time = l.P"[" * dt.to_ns(dt.clf_timestamp) * "]"

local function epoch(scale)
    return digit^1 / function(s) return tonumber(s) * scale end
end

-- The last digits of a time stand for a fraction of a second.
local function fraction(p)
    return p / function(s) return tonumber("0." .. s) end
end

local apache_times = {
    sec       = {"time", epoch(1e9)},
    msec      = {"time", epoch(1e6)},
    usec      = {"time", epoch(1e3)},
    msec_frac = {"sec_frac", fraction(digit * digit * digit)},
    usec_frac = {"sec_frac", fraction(digit * digit * digit * digit * digit * digit)},
}

local function apache_time(format)
    if not format then return value_of("time", clf_time) end
    format = string.match(format, "^begin:(.*)$") or string.match(format, "^end:(.*)$") or
             format
    local known = apache_times[format]
    if known then return value_of(known[1], known[2]) end
    return value_of("time", dt.build_strftime_grammar(format) / to_ns)
end

local ports = {canonical = "server_port", ["local"] = "server_port", remote = "remote_port"}

local function apache_port(which)
    return value_of(ports[which or "canonical"] or "server_port", number)
end

local function apache_process(which)
    if which == "hextid" then return value_of("tid", l.xdigit^1 / hex) end
    return value_of(which == "tid" and "tid" or "pid", number)
end

-- Each takes the text in braces, or nil.
local directives = {
    a = function() return value_of("remote_addr", host) end,
    A = function() return value_of("server_addr", host) end,
    b = function() return value_of("body_bytes_sent", size) end,
    B = function() return value_of("body_bytes_sent", size) end,
    C = function(arg) return text_of("cookie_" .. (arg or "")) end,
    D = function() return value_of("request_time", measured(integer, "us") + none) end,
    e = function(arg) return text_of("env_" .. (arg or "")) end,
    f = function() return text_of("request_filename") end,
    h = function() return value_of("remote_addr", host) end,
    H = function() return text_of("server_protocol") end,
    i = function(arg) return text_of("http_" .. underscored(arg or "")) end,
    I = function() return value_of("request_length", bytes) end,
    k = function() return value_of("connection_requests", number) end,
    l = function() return text_of("remote_user") end, -- %u, where it stands, is later
    L = function() return text_of("request_log_id") end,
    m = function() return text_of("request_method") end,
    n = function(arg) return text_of("module_" .. (arg or "")) end,
    o = function(arg) return text_of("sent_http_" .. underscored(arg or "")) end,
    O = function() return value_of("response_length", bytes) end,
    p = apache_port,
    P = apache_process,
    q = function() return {pattern = named_text("query_string"), begins = "?"} end,
    r = function() return text_of("request") end,
    R = function() return text_of("request_handler") end,
    s = function() return value_of("status", number) end,
    S = function() return value_of("total_length", bytes) end,
    t = apache_time,
    T = function(unit) return value_of("request_time", measured(decimal, unit or "s") + none) end,
    u = function() return text_of("remote_user") end,
    U = function() return text_of("uri") end,
    v = function() return value_of("server_name", host) end,
    V = function() return value_of("server_name", host) end,
    x = function(arg) return text_of(underscored(arg or "")) end,
    X = function() return value_of("connection_status", l.C(l.S"X+-")) end,
}

local function directive(arg, letter)
    local make = directives[letter]
    if not make then error("could not parse the log_format: unknown directive %" .. letter) end
    if arg == "" then arg = nil end
    return make(arg)
end

local escapes = {n = "\n", t = "\t"}

local apache_format = l.P{
    (l.V"percent" + l.V"directive" + l.V"escaped" + l.V"literal")^0 * -1,
    percent   = l.P"%%" / function() return {literal = "%"} end,
    directive = l.P"%" * l.V"modifier" * (l.V"argument" + l.Cc"") * l.V"modifier" *
                l.V"letter" / directive,
    modifier  = l.P"!"^-1 * (digit * digit * digit * l.P","^-1)^0 * l.S"<>"^-1,
    argument  = l.P"{" * l.C((1 - l.P"}")^0) * "}",
    letter    = l.C(l.alpha),
    escaped   = l.P"\\" * (l.P(1) / function(c) return {literal = escapes[c] or c} end),
    literal   = (1 - l.S"%\\") / function(s) return {literal = s} end,
}

function build_apache_grammar(log_format)
    return build(parse(apache_format, log_format))
end

-- User agents

local systems = { -- a plain text in the agent, and what it says; the first that is there
    {"Windows NT 10.0", "Windows 10"},
    {"Windows NT 6.3", "Windows 8.1"},
    {"Windows NT 6.2", "Windows 8"},
    {"Windows NT 6.1", "Windows 7"},
    {"Windows NT 6.0", "Windows Vista"},
    {"Windows NT 5.2", "Windows Server 2003"},
    {"Windows NT 5.1", "Windows XP"},
    {"Windows NT 5.0", "Windows 2000"},
    {"iPad", "iPad"},
    {"iPod", "iPod"},
    {"iPhone", "iPhone"},
    {"Firefox-iOS-Sync", "iOS"},
    {"Android", "Android"},
    {"Macintosh", "Macintosh"},
    {"Linux", "Linux"},
    {"(Mobile;", "FirefoxOS"},
    {"(Tablet;", "FirefoxOS"},
}

local browsers = { -- a pattern in the agent, what it says, the pattern of the version
    {"Firefox AndroidSync", "FxSync", "AndroidSync (%d+)"},
    {"Firefox%-iOS%-Sync", "FxSync", "iOS%-Sync/(%d+)"},
    {"Opera Mini", "Opera Mini", "Version/(%d+)"},
    {"Opera Mobi", "Opera Mobi", "Version/(%d+)"},
    {"Opera", "Opera", "Version/(%d+)"},
    {"OPR/", "Opera", "OPR/(%d+)"},
    {"Edge/", "Edge", "Edge/(%d+)"},
    {"Firefox/", "Firefox", "Firefox/(%d+)"},
    {"Chrome/", "Chrome", "Chrome/(%d+)"},
    {"Safari/", "Safari", "Safari/(%d+)"},
    {"MSIE", "MSIE", "MSIE (%d+)"},
    {"Trident/", "MSIE", "rv:(%d+)"},
}

function normalize_user_agent(ua)
    local browser, version, system
    for _, s in ipairs(systems) do
        if string.find(ua, s[1], 1, true) then
            system = s[2]
            break
        end
    end
    for _, b in ipairs(browsers) do
        if string.find(ua, b[1]) then
            browser = b[2]
            local v = string.match(ua, b[3])
            version = v and tonumber(v)
            break
        end
    end
    return browser, version, system
end

return M
