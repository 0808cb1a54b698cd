-- field_util: lists of fields for encoders.
--
--   field_map(text)            the set of the names in text, separated by blanks; whether
--                              **all_base** is one of them; whether **all** is. Either
--                              stands for the base fields. No text is all base fields.
--   used_base_fields(skip)     the base fields that are not in the set skip
--   message_timestamp(unit)    the message's time in ms (default), s, m or h
--   field_interp(text)         text with the %{parts} of msg_interpolate
--   base_fields_list           the base fields
--   base_fields_tag_list       those of them that serve as tags

local interpolate = require "msg_interpolate"
local math        = require "math"
local string      = require "string"

local pairs        = pairs
local read_message = read_message

local M = {}
setfenv(1, M)

base_fields_list = {
    EnvVersion = true,
    Hostname   = true,
    Logger     = true,
    Payload    = true,
    Pid        = true,
    Severity   = true,
    Type       = true,
}

base_fields_tag_list = {Hostname = true, Logger = true, Severity = true, Type = true}

local ns_of = {ms = 1e6, s = 1e9, m = 60e9, h = 3600e9}

function field_interp(text)
    return interpolate.interpolate_from_msg(text)
end

function field_map(text)
    if not text or text == "" then return base_fields_list, true, false end
    local set = {}
    for name in string.gmatch(text, "%S+") do set[name] = true end
    local all_base, all = set["**all_base**"] or false, set["**all**"] or false
    if all_base or all then
        for name in pairs(base_fields_list) do set[name] = true end
    end
    return set, all_base, all
end

function message_timestamp(unit)
    return math.floor(read_message("Timestamp") / (ns_of[unit] or 1e6))
end

function used_base_fields(skip)
    local set = {}
    for name in pairs(base_fields_list) do
        if not skip[name] then set[name] = true end
    end
    return set
end

return M
