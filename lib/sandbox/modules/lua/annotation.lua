-- annotation: notes on the graph of a circular buffer.
--
--   create(ns, col, short, text)      a note, {x = ms, col = , shortText = , text = }
--   add(name, ns, col, short, text)   creates one and keeps it for the graph name
--   concat(name, list)                keeps those of a list
--   prune(name, ns)                   drops those that are too old at ns, and returns the
--                                     rest as the line of JSON that goes before a payload
--   set_prune(name, ns)               how long they are kept; at first a day
--   remove(name)                      drops all of a graph
--
-- They are in the global _ANNOTATIONS, which is kept over a restart:
-- {name = {annotations = list, prune_duration = ns}}.

local cjson = require "cjson"
local math  = require "math"
local table = require "table"

local _G     = _G
local ipairs = ipairs

_G._ANNOTATIONS = _G._ANNOTATIONS or {}

local M = {}
setfenv(1, M)

local day = 24 * 3600e9

-- graph returns what is kept for a graph. The global is asked each time, as another
-- table is there after a restart.
local function graph(name)
    local all = _G._ANNOTATIONS
    if not all[name] then all[name] = {annotations = {}, prune_duration = day} end
    return all[name]
end

function create(ns, col, short, text)
    return {x = math.floor(ns / 1e6), col = col, shortText = short, text = text}
end

function add(name, ns, col, short, text)
    table.insert(graph(name).annotations, create(ns, col, short, text))
end

function concat(name, list)
    local kept = graph(name).annotations
    for _, note in ipairs(list) do table.insert(kept, note) end
end

function prune(name, ns)
    local g = _G._ANNOTATIONS[name]
    if not g then return nil end
    local young = {}
    for _, note in ipairs(g.annotations) do
        if note.x * 1e6 + g.prune_duration > ns then table.insert(young, note) end
    end
    g.annotations = young
    return cjson.encode({annotations = young}) .. "\n"
end

function remove(name)
    _G._ANNOTATIONS[name] = nil
end

function set_prune(name, ns)
    graph(name).prune_duration = ns
end

return M
