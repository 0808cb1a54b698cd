-- escape_sequences: grammars of escapes, and functions that escape.
--
--   c, json              match one escape with a backslash, and give what it stands for
--   percent              %41
--   url                  %41, and + for a blank
--   hex_to_utf8(hex)     the code point as UTF-8; U+FFFD for what is none
--   hex_to_char(hex), octal_to_char(octal)
--   escape_json(text), escape_html(text)

local l      = require "lpeg"
local math   = require "math"
local string = require "string"
l.locale(l)

local pairs    = pairs
local tonumber = tonumber

local M = {}
setfenv(1, M)

function hex_to_char(hex) return string.char(tonumber(hex, 16)) end

function octal_to_char(octal) return string.char(tonumber(octal, 8) % 256) end

-- continuation returns the n bytes that end the UTF-8 of a code point.
local function continuation(code, n)
    local bytes = ""
    for _ = 1, n do
        bytes = string.char(128 + code % 64) .. bytes
        code = math.floor(code / 64)
    end
    return bytes
end

local function utf8(code)
    if code < 0x80 then return string.char(code) end
    if code < 0x800 then
        return string.char(0xC0 + math.floor(code / 64)) .. continuation(code, 1)
    end
    if code >= 0xD800 and code < 0xE000 or code >= 0x110000 then return "\239\191\189" end
    if code < 0x10000 then
        return string.char(0xE0 + math.floor(code / 4096)) .. continuation(code, 2)
    end
    return string.char(0xF0 + math.floor(code / 262144)) .. continuation(code, 3)
end

function hex_to_utf8(hex) return utf8(tonumber(hex, 16)) end

local x = l.xdigit
local x4 = x * x * x * x
local octal = l.R"07"

-- letters returns the pattern of a backslash and a key of t, which gives its value.
local function letters(t)
    local keys = ""
    for k in pairs(t) do keys = keys .. k end
    return l.P"\\" * l.C(l.S(keys)) / t
end

c = letters{a = "\a", b = "\b", e = "\27", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v",
            ["\\"] = "\\", ["'"] = "'", ['"'] = '"', ["?"] = "?"} +
    l.P"\\u" * l.C(x4) / hex_to_utf8 +
    l.P"\\U" * l.C(x4 * x4) / hex_to_utf8 +
    l.P"\\" * l.C(octal * octal^-2) / octal_to_char +
    l.P"\\x" * l.C(x * x^-1) / hex_to_char

-- Code points above U+FFFF are two escapes in JSON.
local function pair(high, low)
    return utf8(0x10000 + (tonumber(high, 16) - 0xD800) * 1024 + tonumber(low, 16) - 0xDC00)
end
local high = l.C(l.S"dD" * l.S"89abAB" * x * x)
local low  = l.C(l.S"dD" * l.S"cdefCDEF" * x * x)

json = letters{b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ["\\"] = "\\", ["/"] = "/",
               ['"'] = '"'} +
       l.P"\\u" * high * "\\u" * low / pair +
       l.P"\\u" * l.C(x4) / hex_to_utf8

percent = l.P"%" * l.C(x * x) / hex_to_char
url = percent + l.P"+" / " "

local json_escapes = {["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r",
                      ["\t"] = "\\t", ["\\"] = "\\\\", ["/"] = "\\/", ['"'] = '\\"'}

local function to_json(s) return json_escapes[s] or string.format("\\u%04x", string.byte(s)) end

function escape_json(text)
    return (string.gsub(text, '[%c\\/"%z]', to_json))
end

local html_names = {["&"] = "amp", ["<"] = "lt", [">"] = "gt", ['"'] = "quot", ["'"] = "apos",
                    ["`"] = "grave", ["!"] = "excl", ["@"] = "copy", ["$"] = "dollar",
                    ["%"] = "percnt", ["("] = "lpar", [")"] = "rpar", ["="] = "equals",
                    ["+"] = "plus", ["{"] = "lcub", ["}"] = "rcub", ["["] = "lsqb",
                    ["]"] = "rsqb"}

local function to_html(s) return "&" .. (html_names[s] or "#" .. string.byte(s)) .. ";" end

function escape_html(text)
    return (string.gsub(text, "[%c%z&<>\"'`!@$%%()=+{}%[%]]", to_html))
end

return M
