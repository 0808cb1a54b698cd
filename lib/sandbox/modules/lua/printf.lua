-- printf: grammars of what C's printf wrote.
--
--   build_grammar(t)      t is {format, name, name, ...}: a name for each conversion, under
--                         which the table that the grammar makes has its value. Instead of
--                         a name, "@" and an expression of re, or a pattern, reads the value
--                         itself. A "*" in the format takes a name too, which is not used.
--   load_messages(list [, grammars [, size [, module]]])
--                         builds those of a list, in which a text is the name of a module
--                         with a list of its own, printf_messages, and appends them to
--                         grammars, each as {grammar}; returns that
--   match_sample(grammars, text)
--                         the grammar that says most of the text; nil if none fits
--
-- Numbers are numbers, texts are without the blanks around them. A text goes up to what
-- stands behind it in the format; all of the line must fit.

local l      = require "lpeg"
local math   = require "math"
local re     = require "re"
local string = require "string"
local table  = require "table"
l.locale(l)

local error    = error
local ipairs   = ipairs
local pcall    = pcall
local require  = require
local tonumber = tonumber
local tostring = tostring
local type     = type

local M = {}
setfenv(1, M)

local digit, xdigit = l.digit, l.xdigit
local blanks = l.P" "^0

-- The format

local function number_or(default)
    return l.P"*" * l.Cc"*" + digit^1 / tonumber + l.Cc(default)
end

local sizes      = (l.S"hl" + l.S"jztLq")^0
local conversion = l.Ct(l.P"%" * l.Cg(l.C(l.S"-+ #0'"^0), "flags") *
    l.Cg(number_or(false), "width") *
    l.Cg(l.P"." * number_or(0) + l.Cc(false), "precision") *
    sizes * l.Cg(l.C(l.S"diuoxXcsfFeEgGaApnm"), "kind"))
local literal = l.Ct(l.Cg(l.Cs((l.P"%%" / "%%" + (1 - l.P"%"))^1), "literal"))
local format  = l.Ct((conversion + literal)^0) * -1

-- Values

local sign = l.P"+"^-1

local function base(n) return function(s) return tonumber(s, n) end end

-- hex_float reads a number such as 0x1.8p+3, which tonumber may not.
local function hex_float(s)
    local minus, whole, fraction, exponent =
        string.match(s, "^(-?)0[xX](%x+)%.?(%x*)[pP]([-+]?%d+)$")
    local v = 0
    for c in string.gmatch(whole .. fraction, "%x") do v = v * 16 + tonumber(c, 16) end
    v = v * math.pow(2, tonumber(exponent) - 4 * #fraction)
    return minus == "-" and -v or v
end

local integer = sign * (l.P"-"^-1 * digit^1 / tonumber)
local special = l.P"-"^-1 * (l.P"infinity" + "inf" + "nan")
local decimal = sign * (l.P"-"^-1 * digit^1 * (l.P"." * digit^0)^-1 *
                        (l.S"eE" * l.S"+-"^-1 * digit^1)^-1 / tonumber + l.C(special))
local hex     = l.P"-"^-1 * "0" * l.S"xX" * xdigit^1 * (l.P"." * xdigit^0)^-1 *
                l.S"pP" * l.S"+-"^-1 * digit^1
local hexadecimal = (l.P"0x" + "0X")^-1 * (xdigit^1 / base(16))
local pointer = l.C(l.P"0x" * xdigit^1 + "(nil)")

local numbers = {
    d = integer, i = integer, u = integer,
    o = l.R"07"^1 / base(8),
    x = hexadecimal, X = hexadecimal,
    f = decimal, F = decimal, e = decimal, E = decimal, g = decimal, G = decimal,
    a = sign * (hex / hex_float), A = sign * (hex / hex_float),
    p = pointer,
}

-- padded returns the pattern of a number with the blanks that its width brings.
local function padded(part, p)
    if part.width then return blanks * p * blanks end
    if string.find(part.flags, " ", 1, true) then return l.P" "^-1 * p end
    return p
end

local function character(part)
    if not part.width then return l.C(1) end
    if string.find(part.flags, "-", 1, true) then return l.C(1) * blanks end
    return blanks * l.C(1)
end

local function trim(s) return string.match(s, "^ *(.*[^ ])") or "" end

-- text returns the pattern of a %s: its width at least, its precision at most, and up to
-- what follows, which is a pattern, or nil if that is another value.
local function text(part, follows)
    local least = type(part.width) == "number" and part.width or 0
    local most  = type(part.precision) == "number" and part.precision or nil
    if most and most < least then most = least end
    if not follows and not most and least > 0 then most = least end
    local char = follows and 1 - follows or l.P(1)
    local p = l.P(least)
    if not most then
        p = p * char^0
    elseif most > least then
        p = p * char^-(most - least)
    end
    return p / trim
end

local function value(part, follows)
    if part.kind == "c" then return character(part) end
    if part.kind == "s" or part.kind == "m" then return text(part, follows) end
    return padded(part, numbers[part.kind])
end

local function fail(t, i, why)
    error(string.format("fmt: '%s' arg: %d error: '%s'", t[1], i, why), 0)
end

-- argument returns the pattern of a conversion that is given as name.
local function argument(t, i, part, follows)
    local name = t[i + 1]
    if l.type(name) == "pattern" then return name end
    if type(name) ~= "string" then fail(t, i, "invalid type") end
    if string.sub(name, 1, 1) ~= "@" then return l.Cg(value(part, follows), name) end
    local ok, p = pcall(re.compile, string.sub(name, 2))
    if ok then return p end
    local why = string.match(tostring(p), "pattern error.*") or tostring(p)
    fail(t, i, why)
end

-- places gives each conversion the number of its argument.
local function places(parts)
    local i = 0
    for _, part in ipairs(parts) do
        if part.kind then
            if part.width == "*" then i = i + 1 end
            if part.precision == "*" then i = i + 1 end
            if part.kind ~= "m" then i = i + 1 end
            part.place = i
        end
    end
end

-- stop returns what ends a text before parts[i]: that literal, and the end of the line if
-- it is the last.
local function stop(parts, i)
    local part = parts[i]
    if not part then return l.P(false) end
    if not part.literal then return nil end
    local p = l.P(part.literal)
    if not parts[i + 1] then p = p * -1 end
    return p
end

function build_grammar(t)
    if type(t) ~= "table" or type(t[1]) ~= "string" then
        error("printf format must be a string", 0)
    end
    local parts = format:match(t[1])
    if not parts then error("could not parse the printf format string: " .. t[1], 0) end
    places(parts)
    local grammar = l.P(true)
    for i, part in ipairs(parts) do
        if part.literal then
            grammar = grammar * part.literal
        elseif part.kind == "m" then
            grammar = grammar * text(part, stop(parts, i + 1)) / 0
        elseif part.kind ~= "n" then
            grammar = grammar * argument(t, part.place, part, stop(parts, i + 1))
        end
    end
    return l.Ct(grammar * -1)
end

-- said returns how many characters of a format stand for themselves.
local function said(s)
    local n = 0
    for _, part in ipairs(format:match(s)) do n = n + #(part.literal or "") end
    return n
end

local function load(list, grammars, module, depth)
    if depth > 16 then error("module: " .. module .. " error: nested too deep", 0) end
    for i, item in ipairs(list) do
        if type(item) == "string" then
            load(require(item).printf_messages, grammars, item, depth + 1)
        else
            local ok, g = pcall(build_grammar, item)
            if not ok then
                error(string.format("module: %s item: %d error: %s", module, i, tostring(g)), 0)
            end
            table.insert(grammars, {g, said(item[1])})
        end
    end
    return grammars
end

function load_messages(list, grammars, _, module)
    return load(list, grammars or {}, module or "printf_messages", 0)
end

function match_sample(grammars, sample)
    local best, most
    for _, g in ipairs(grammars) do
        local n = g[2] or 0
        if (not best or n > most) and g[1]:match(sample) then best, most = g[1], n end
    end
    return best
end

return M
