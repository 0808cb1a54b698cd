-- Adds up the changes of circular buffers (payloads of type cbufd) that many hosts send into
-- one buffer for each payload_name: hosts to a data centre, data centres to a service. All
-- must have one shape: rows, columns and seconds.
--
-- config (default)
--   enable_delta (false)   send the changes of the sums too, for a further aggregator
--   anomaly_config (nil)   what to watch for, by payload_name
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "circular_buffer"
require "cjson"
require "string"
require "table"
local alert      = require "alert"
local annotation = require "annotation"
local anomaly    = require "anomaly"
local cbufd      = require "cbufd"

local enable_delta   = read_config("enable_delta") or false
local anomaly_config = anomaly.parse_config(read_config("anomaly_config"))

cbufs = {} -- by payload_name

-- shape returns the header of a payload as a table, or nil if it is none.
local function shape(text)
    local ok, h = pcall(cjson.decode, text)
    if ok and type(h) == "table" and type(h.column_info) == "table" then return h end
    return nil
end

-- make makes the buffer of a payload_name. It fails if h is not a header after all.
local function make(name, h)
    local cbuf = circular_buffer.new(h.rows, h.columns, h.seconds_per_row, enable_delta)
    for col, info in ipairs(h.column_info) do
        cbuf:set_header(col, info.name, info.unit, info.aggregation)
    end
    annotation.set_prune(name, h.rows * h.seconds_per_row * 1e9)
    cbufs[name] = cbuf
end

local function same_shape(cbuf, h)
    local rows, columns, seconds = cbuf:get_configuration()
    return rows == h.rows and columns == h.columns and seconds == h.seconds_per_row
end

local function merge(cbuf, rows, columns)
    for _, row in ipairs(rows) do
        for col = 1, columns do
            local value = row[col]
            if value and value == value then -- NaN is no change
                local _, _, aggregation = cbuf:get_header(col)
                if aggregation == "sum" then
                    cbuf:add(row.time, col, value)
                else
                    cbuf:set(row.time, col, value)
                end
            end
        end
    end
end

function process_message()
    local name = tostring(read_message("Fields[payload_name]") or "")
    local data = cbufd.grammar:match(read_message("Payload"))
    local h = data and shape(data.header)
    if not h then return -1, "no cbufd" end

    if not cbufs[name] and not pcall(make, name, h) then return -1, "no cbufd" end
    local cbuf = cbufs[name]
    if not same_shape(cbuf, h) then return -1, "another shape than before: " .. name end
    merge(cbuf, data, h.columns)
    return 0
end

local function watch(ns, name, cbuf)
    local msg, annos = anomaly.detect(ns, name, cbuf, anomaly_config)
    if msg then
        annotation.concat(name, annos)
        alert.queue(ns, msg)
    end
end

function timer_event(ns)
    local names = {}
    for name in pairs(cbufs) do table.insert(names, name) end
    table.sort(names)
    for _, name in ipairs(names) do
        local cbuf = cbufs[name]
        if anomaly_config then
            if not alert.throttled(ns) then watch(ns, name, cbuf) end
            add_to_payload(annotation.prune(name, ns) or "")
        end
        inject_payload("cbuf", name, cbuf:format("cbuf"))
        if enable_delta then inject_payload("cbufd", name, cbuf:format("cbufd")) end
    end
    alert.send_queue(ns)
end
