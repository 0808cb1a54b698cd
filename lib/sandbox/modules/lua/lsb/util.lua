-- lsb.util: tables.
--
--   behead_array(index, array)    takes away all before array[index], in place
--   pairs_by_key(t [, less])      for k, v in the order of the keys
--   merge_objects(a, b)           adds the numbers of b to those of a, through nested
--                                 tables, and what a has not; returns a

local table = require "table"
local util  = require "util"

local pairs = pairs
local type  = type

local M = {}
setfenv(1, M)

behead_array = util.behead_array

function pairs_by_key(t, less)
    local keys = {}
    for k in pairs(t) do table.insert(keys, k) end
    table.sort(keys, less)
    local i = 0
    return function()
        i = i + 1
        if keys[i] == nil then return nil end
        return keys[i], t[keys[i]]
    end
end

function merge_objects(a, b)
    for k, v in pairs(b) do
        local mine = a[k]
        if type(v) == "table" and (mine == nil or type(mine) == "table") then
            a[k] = merge_objects(mine or {}, v)
        elseif type(v) == "number" and type(mine) == "number" then
            a[k] = mine + v
        elseif mine == nil then
            a[k] = v
        end
    end
    return a
end

return M
