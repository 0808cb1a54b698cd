-- elasticsearch: the lines that the bulk API wants before a document.
--
-- bulkapi_index_json(index, type, id, ns) returns {"index":{"_index":...,"_type":...,
-- "_id":...}} of those that are given. Each may have the %{parts} of msg_interpolate; ns
-- is the time for those that are formats of time, nil is now.

local interpolate = require "msg_interpolate"
local string      = require "string"
local table       = require "table"

local ipairs = ipairs

local M = {}
setfenv(1, M)

local escapes = {['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t"}

local function escape(c)
    return escapes[c] or string.format("\\u%04x", string.byte(c))
end

local function quote(s)
    return '"' .. string.gsub(s, '[%c"\\]', escape) .. '"'
end

function bulkapi_index_json(index, type_name, id, ns)
    local secs = ns and ns / 1e9
    local members = {}
    for _, m in ipairs{{"_index", index}, {"_type", type_name or false}, {"_id", id or false}} do
        if m[2] then
            local value = interpolate.interpolate_from_msg(m[2], secs)
            table.insert(members, '"' .. m[1] .. '":' .. quote(value))
        end
    end
    return '{"index":{' .. table.concat(members, ",") .. "}}"
end

return M
