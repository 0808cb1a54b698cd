-- show returns the text of values, so that two machines can be compared.

require "string"
require "table"

local show_value

local function show_table(t)
    local keys = {}
    for k in pairs(t) do table.insert(keys, k) end
    table.sort(keys, function(a, b)
        if type(a) ~= type(b) then return type(a) < type(b) end
        return a < b
    end)
    for i, k in ipairs(keys) do
        local name = type(k) == "number" and "" or k .. "="
        keys[i] = name .. show_value(t[k])
    end
    return "{" .. table.concat(keys, ", ") .. "}"
end

function show_value(v)
    if type(v) == "table" then return show_table(v) end
    if type(v) == "string" then
        local s = string.gsub(v, "[%c\\\128-\255]", function(c)
            return string.format("\\%03d", string.byte(c))
        end)
        return '"' .. s .. '"'
    end
    if type(v) ~= "number" then
        local s = tostring(v)
        if type(v) == "userdata" then s = "userdata" end
        return s
    end
    if v ~= v then return "nan" end
    if v == 1 / 0 then return "inf" elseif v == -1 / 0 then return "-inf" end
    if v % 1 == 0 and v < 1e19 and v > -1e19 then return string.format("%.0f", v) end
    local s = string.format("%.15g", v)
    if tonumber(s) ~= v then s = string.format("%.17g", v) end
    return s
end

local function show_all(ok, ...)
    local n = select("#", ...)
    local parts = {...}
    if not ok then
        return "error: " .. string.gsub(tostring(parts[1]), "^[^ ]-:%d+: ", "")
    end
    if n == 0 then return "no value" end
    local list = {}
    for i = 1, n do list[i] = show_value(parts[i]) end
    return table.concat(list, ", ")
end

function show(f) return show_all(pcall(f)) end
