-- Makes graphs that compare hosts of the changes of circular buffers (payloads of type cbufd)
-- that they send: one for each column of the buffer, with a column for each host, stacked. A
-- graph is called "payload_name (column)".
--
-- config (default)
--   max_hosts              columns of a graph; more hosts at a time end the filter; required
--   rows                   rows of a graph; required
--   host_expiration (120)  seconds after which a silent host gives way to a new one
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "circular_buffer"
require "cjson"
require "string"
require "table"
local cbufd = require "cbufd"

local function number(option, default)
    local value = read_config(option) or default or error(option .. " must be configured")
    return tonumber(value) or error(option .. " must be a number")
end

local max_hosts  = number("max_hosts")
local rows       = number("rows")
local expiration = number("host_expiration", 120) * 1e9

hosts       = {}  -- {column = , last = ns}, by name
hosts_size  = 0
graphs     = {}  -- lists of {title = , cbuf = , unit = , aggregation = }, by payload_name

-- label names the column of a host in a graph.
local function label(g, column, name)
    g.cbuf:set_header(column, name, g.unit, g.aggregation)
end

-- clear empties the column of a host that is gone. A column that keeps the least or the
-- largest would not let go of it, so it is none of these meanwhile.
local function clear(g, column)
    local _, _, seconds = g.cbuf:get_configuration()
    local newest = g.cbuf:current_time()
    g.cbuf:set_header(column, "", g.unit, "none")
    for i = 0, rows - 1 do
        g.cbuf:set(newest - i * seconds * 1e9, column, 0 / 0)
    end
end

-- expired returns the name of the host that has been silent longest, if that is too long.
local function expired(ns)
    local oldest
    for name, host in pairs(hosts) do
        if ns - host.last > expiration and (not oldest or host.last < hosts[oldest].last) then
            oldest = name
        end
    end
    return oldest
end

-- admit gives a new host a column.
local function admit(ns, name)
    local column
    if hosts_size < max_hosts then
        hosts_size = hosts_size + 1
        column = hosts_size
    else
        local gone = expired(ns)
        if not gone then
            error(string.format("more than max_hosts=%d hosts are active", max_hosts))
        end
        column = hosts[gone].column
        hosts[gone] = nil
        for _, list in pairs(graphs) do
            for _, g in ipairs(list) do clear(g, column) end
        end
    end
    for _, list in pairs(graphs) do
        for _, g in ipairs(list) do label(g, column, name) end
    end
    local host = {column = column, last = ns}
    hosts[name] = host
    return host
end

-- make makes the graphs of a payload_name. It fails if h is no header after all.
local function make(payload_name, h)
    local list = {}
    for i, info in ipairs(h.column_info) do
        local g = {unit = info.unit, aggregation = info.aggregation}
        g.title = string.format("%s (%s)", payload_name, tostring(info.name))
        g.cbuf = circular_buffer.new(rows, max_hosts, h.seconds_per_row)
        for column = 1, max_hosts do label(g, column, "Column_" .. column) end
        for name, host in pairs(hosts) do label(g, host.column, name) end
        list[i] = g
    end
    graphs[payload_name] = list
end

local function merge(list, column, data)
    for _, row in ipairs(data) do
        for i, g in ipairs(list) do
            local value = row[i]
            if value and value == value then -- NaN is no change
                if g.aggregation == "sum" then
                    g.cbuf:add(row.time, column, value)
                else
                    g.cbuf:set(row.time, column, value)
                end
            end
        end
    end
end

function process_message()
    local ns   = read_message("Timestamp")
    local name = tostring(read_message("Fields[payload_name]") or "")
    local data = cbufd.grammar:match(read_message("Payload"))
    if not data then return -1, "no cbufd" end
    local ok, h = pcall(cjson.decode, data.header)
    if not ok or type(h) ~= "table" or type(h.column_info) ~= "table" or
       not graphs[name] and not pcall(make, name, h) then
        return -1, "no cbufd"
    end
    local list = graphs[name]
    if #list ~= #h.column_info then return -1, "another shape than before: " .. name end

    local hostname = read_message("Hostname")
    local host = hosts[hostname] or admit(ns, hostname)
    if ns > host.last then host.last = ns end
    merge(list, host.column, data)
    return 0
end

local options = '{"options":{"stackedGraph":true,"fillGraph":true}}\n'

function timer_event(ns)
    local names = {}
    for name in pairs(graphs) do table.insert(names, name) end
    table.sort(names)
    for _, name in ipairs(names) do
        for _, g in ipairs(graphs[name]) do inject_payload("cbuf", g.title, options, g.cbuf) end
    end
end
