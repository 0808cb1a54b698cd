-- Finds the most frequent items of a stream, with memory for some of them alone: once there are
-- max_items, one that is not among them takes 1 from the weight of each. So an item that
-- came more than 1 time in max_items is among them for certain, and a weight is at most
-- that much too small (J. Misra and D. Gries, Finding repeated elements, 1982).
--
-- The output is a table, the heaviest first.
--
-- config (default)
--   message_variable         where the item is, as in Fields[remote_addr]; required
--   max_items (1000)         more are more exact
--   min_output_weight (100)  what is not heavier is left out
--   reset_days (1)           begin anew after so many days, at midnight UTC; 0: never
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "math"
require "string"
require "table"

local function number(option, default)
    return tonumber(read_config(option) or default) or error(option .. " must be a number")
end

local variable   = read_config("message_variable") or error("message_variable must be configured")
local max_items  = number("max_items", 1000)
local min_weight = number("min_output_weight", 100)
local reset_days = number("reset_days", 1)

local day_ns = 24 * 3600e9

items        = {} -- weights
items_size   = 0
active_since = 0 -- the day

local function reset_if_due(ns)
    local day = math.floor(ns / day_ns)
    if active_since == 0 then active_since = day end
    if reset_days > 0 and day - active_since >= reset_days then
        items, items_size, active_since = {}, 0, day
    end
end

-- text returns a number with as many digits as it needs. As numbers, items would be places
-- in an array, which takes memory up to the largest of them.
local function text(number)
    local s = tostring(number)
    if tonumber(s) ~= number then s = string.format("%.17g", number) end
    return s
end

local function lighten()
    for item, weight in pairs(items) do
        if weight > 1 then
            items[item] = weight - 1
        else
            items[item] = nil
            items_size = items_size - 1
        end
    end
end

function process_message()
    local item = read_message(variable)
    if type(item) ~= "string" and type(item) ~= "number" or item ~= item then
        return -1, "no text or number: " .. variable
    end
    if type(item) == "number" then item = text(item) end
    reset_if_due(read_message("Timestamp"))

    local weight = items[item]
    if weight then
        items[item] = weight + 1
    elseif items_size < max_items then
        items[item] = 1
        items_size = items_size + 1
    else
        lighten()
    end
    return 0
end

local function heavier(a, b)
    if a.weight ~= b.weight then return a.weight > b.weight end
    return a.item < b.item
end

function timer_event(ns)
    local list = {}
    for item, weight in pairs(items) do
        if weight > min_weight then table.insert(list, {item = item, weight = weight}) end
    end
    table.sort(list, heavier)

    add_to_payload(variable, "\tWeight\n")
    for _, entry in ipairs(list) do
        local name = string.gsub(entry.item, "[%c\\]", function(c)
            return string.format("\\x%02x", string.byte(c))
        end)
        add_to_payload(name, "\t", entry.weight, "\n")
    end
    inject_payload("tsv", "Weighting by " .. variable)
end
