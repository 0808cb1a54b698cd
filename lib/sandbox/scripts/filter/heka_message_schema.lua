-- Tells what there is in a stream of messages: their Loggers, Types, EnvVersions and fields,
-- as a tree with counts. A field has its type, or "mismatch" if it has several; one that is
-- not in all messages of its sort is optional, with a count. For exploring: what it holds
-- grows with the sorts of messages.
--
-- config: none

require "string"
require "table"

-- Each level is {count = n, sub = {name = level}}; a field {count = n, typ = t}.
schema = {}

local types = {[0] = "string", "string", "number", "number", "bool"}

-- step returns the level below sub that is called name, and counts it.
local function step(sub, name)
    local level = sub[name]
    if not level then
        level = {count = 0, sub = {}}
        sub[name] = level
    end
    level.count = level.count + 1
    return level.sub
end

local function header(name, none)
    local value = read_message(name)
    if value == nil or value == "" then return none end
    return value
end

function process_message()
    local sub = step(schema, header("Logger", "-no logger-"))
    sub = step(sub, header("Type", "-no type-"))
    sub = step(sub, header("EnvVersion", "-no version-"))
    local seen = {}
    while true do
        local typ, name = read_next_field()
        if not typ then break end
        local field = sub[name]
        if not field then
            field = {count = 0, typ = types[typ]}
            sub[name] = field
        end
        if field.typ ~= types[typ] then field.typ = "mismatch" end
        if not seen[name] then
            seen[name] = true
            field.count = field.count + 1
        end
    end
    return 0
end

local function sorted(t)
    local names = {}
    for name in pairs(t) do table.insert(names, name) end
    table.sort(names)
    return names
end

-- shown returns a name without what would break the lines.
local function shown(name)
    return (string.gsub(name, "%c", function(c)
        return string.format("\\x%02x", string.byte(c))
    end))
end

local indents = {"", "    ", "         ", "            "}

local function add_fields(fields, all)
    for _, name in ipairs(sorted(fields)) do
        local f = fields[name]
        add_to_payload(indents[4], shown(name), " (", f.typ)
        if f.count < all then add_to_payload(" - optional [", f.count, "]") end
        add_to_payload(")\n")
    end
end

local function add_levels(sub, depth)
    for _, name in ipairs(sorted(sub)) do
        local level = sub[name]
        add_to_payload(indents[depth], shown(name), " [", level.count, "]\n")
        if depth < 3 then
            add_levels(level.sub, depth + 1)
        else
            add_fields(level.sub, level.count)
        end
    end
end

function timer_event(ns)
    add_to_payload("Logger -> Type -> EnvVersion -> Field Attributes.\n",
        "The number in brackets is the number of occurrences of each logger/type/attribute.\n\n")
    add_levels(schema, 1)
    inject_payload("txt", "Message Schema")
end
