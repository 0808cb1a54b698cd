-- What a sandbox has and stock Lua has not: its functions, on one fixed message, and a
-- circular buffer that is slow and plain.

local stats = require "lsb.stats"

local message = {
    Uuid = "0123456789abcdef", Timestamp = 54321e9, Type = "TEST", Logger = "my logger",
    Hostname = "host.example", Severity = 6, Pid = 42, Payload = "text", EnvVersion = "0.8",
    Fields = {
        {name = "int", value = {999, 123}},
        {name = "str", value = {"a b"}},
        {name = "str", value = {"second", 'say "x"', "third"}},
        {name = "double", value = {99.5}},
        {name = "negative", value = {-5}},
        {name = "large", value = {12345678901234}},
        {name = "yes", value = {true}},
        {name = "no", value = {false}},
        {name = "dotted.name", value = {7}},
    },
}

function read_message(name)
    if name == "raw" then return "raw" end
    local field = string.match(name, "^Fields%[(.*)%]$")
    if not field then return message[name] end
    for _, f in ipairs(message.Fields) do
        if f.name == field then return f.value[1] end
    end
end

function decode_message(raw)
    assert(raw == "raw")
    return message
end

function read_config() end

function inject_payload(kind, name, ...) print("payload " .. kind .. ": " .. table.concat{...}) end

function inject_message(m) print("message " .. m.Type .. ": " .. m.Payload) end

local Buffer = {}
Buffer.__index = Buffer

circular_buffer = {}
package.preload.circular_buffer = function() return circular_buffer end

function circular_buffer.new(rows, cols, seconds)
    return setmetatable({rows = rows, cols = cols, seconds = seconds, cells = {},
                         newest = seconds * (rows - 1)}, Buffer)
end

function Buffer:get_configuration() return self.rows, self.cols, self.seconds end
function Buffer:current_time() return self.newest * 1e9 end

function Buffer:row(ns, advance)
    local t = math.floor(ns / 1e9)
    t = t - t % self.seconds
    if t > self.newest and advance then self.newest = t end
    if t > self.newest or t <= self.newest - self.rows * self.seconds then return nil end
    return t
end

function Buffer:get(ns, col)
    local t = self:row(ns)
    if not t then return nil end
    return (self.cells[t] or {})[col] or 0 / 0
end

function Buffer:set(ns, col, v)
    local t = self:row(ns, true)
    if not t then return nil end
    self.cells[t] = self.cells[t] or {}
    self.cells[t][col] = v
    return v
end

function Buffer:add(ns, col, v)
    local t = self:row(ns, true)
    if not t then return nil end
    local old = self:get(ns, col)
    return self:set(ns, col, old == old and old + v or v)
end

function Buffer:range(col, from, to)
    local values = {}
    local first = from and from / 1e9 or self.newest - (self.rows - 1) * self.seconds
    for t = first, to and to / 1e9 or self.newest, self.seconds do
        table.insert(values, self:get(t * 1e9, col) or 0 / 0)
    end
    return values
end

function Buffer:compute(what, col, from, to)
    return stats[what](self:range(col, from, to))
end

function Buffer:mannwhitneyu(col, s1, e1, s2, e2, continuity)
    return stats.mannwhitneyu(self:range(col, s1, e1), self:range(col, s2, e2), continuity)
end
