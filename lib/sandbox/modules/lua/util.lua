-- util: tables made flat, and arrays shortened.
--
--   table_to_fields(t, fields, parent, separator, max_depth)
--       puts the values of the nested table t into fields, under the names of the way to
--       them: {a = {b = 1}} is "a.b" = 1. parent (or nil) goes before; below max_depth
--       what is left of a table is JSON.
--   behead_array(index, array)
--       takes away all before array[index], in place.

local cjson = require "cjson"

local pairs    = pairs
local tostring = tostring
local type     = type

local M = {}
setfenv(1, M)

local function flatten(t, fields, parent, separator, max_depth, depth)
    for k, v in pairs(t) do
        local name = tostring(k)
        if parent then name = parent .. separator .. name end
        if type(v) ~= "table" then
            fields[name] = v
        elseif max_depth and depth >= max_depth then
            fields[name] = cjson.encode(v)
        else
            flatten(v, fields, name, separator, max_depth, depth + 1)
        end
    end
end

function table_to_fields(t, fields, parent, separator, max_depth)
    flatten(t, fields, parent, separator or ".", max_depth, 1)
end

function behead_array(index, array)
    if index <= 1 then return end
    local n = #array
    for i = index, n do array[i - index + 1] = array[i] end
    local left = n - index + 1
    if left < 0 then left = 0 end
    for i = n, left + 1, -1 do array[i] = nil end
end

return M
