-- date_time: grammars of dates and times, and the conversion to nanoseconds.
--
-- The parts (date_fullyear, time_hour, ...) are named groups: year, month, day,
-- hour, min, sec, sec_frac, offset_sign, offset_hour, offset_min. The whole stamps
-- (rfc3339, clf_timestamp, ...) and what build_strftime_grammar returns make a table of
-- them, which time_to_ns turns into nanoseconds since 1970 UTC. Without an offset a
-- time is UTC. Months are numbers as text whatever way they were written.

local l      = require "lpeg"
local math   = require "math"
local os     = require "os"
local string = require "string"
l.locale(l)

local error    = error
local ipairs   = ipairs
local pairs    = pairs
local tonumber = tonumber

local M = {}
setfenv(1, M)

local digit = l.digit

-- choice returns the pattern that matches one of words, the longest that fits, and
-- gives what value returns for it.
local function choice(words, value)
    local p = l.P(false)
    for n = 9, 1, -1 do
        for i, w in ipairs(words) do
            if #w == n then p = p + l.P(w) * l.Cc(value(i)) end
        end
    end
    return p
end

local months_short = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
local months_long  = {"January", "February", "March", "April", "May", "June", "July",
                      "August", "September", "October", "November", "December"}
local days_short   = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
local days_long    = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
                      "Saturday"}

local function two_digits(i) return string.format("%02d", i) end

-- Numbers of two digits.
local to12   = l.P"0" * l.R"19" + l.P"1" * l.R"02"
local to31   = l.P"0" * l.R"19" + l.R"12" * digit + l.P"3" * l.R"01"
local to23   = l.R"01" * digit + l.P"2" * l.R"03"
local to53   = l.R"04" * digit + l.P"5" * l.R"03"
local to59   = l.R"05" * digit
local to60   = to59 + "60"
local to99   = digit * digit
local to366  = l.P"3" * (l.R"05" * digit + l.P"6" * l.R"06") + l.R"02" * digit * digit
local sp19   = l.P" " * l.R"19"
local sp09   = l.P" " * digit

date_fullyear = l.Cg(digit * digit * digit * digit, "year")
date_month    = l.Cg(to12, "month")
date_mabbr    = l.Cg(choice(months_short, two_digits), "month")
date_mfull    = l.Cg(choice(months_long, two_digits), "month")
date_mday     = l.Cg(to31, "day")
date_mday_sp  = l.Cg(sp19 + l.R"12" * digit + l.P"3" * l.R"01", "day")
time_hour     = l.Cg(to23, "hour")
time_minute   = l.Cg(to59, "min")
time_second   = l.Cg(to60, "sec")
time_secfrac  = l.Cg(l.P"." * digit^1 / tonumber, "sec_frac")

-- The offset of a zone in hours; of names that are not here nothing is known: 0.
local zones = {UTC = 0, GMT = 0, Z = 0, EST = -5, EDT = -4, CST = -6, CDT = -5, MST = -7,
               MDT = -6, PST = -8, PDT = -7, AKST = -9, AKDT = -8, HST = -10}

local function offset(hours)
    return l.Cg(l.Cc(hours < 0 and "-" or "+"), "offset_sign") *
           l.Cg(l.Cc(two_digits(math.abs(hours))), "offset_hour") *
           l.Cg(l.Cc"00", "offset_min")
end

local zone_name = l.alpha^1 + l.S"+-" * digit^1
timezone = l.P(false)
for name, hours in pairs(zones) do
    timezone = timezone + l.P(name) * -l.alpha * offset(hours)
end
timezone = timezone + zone_name * offset(0)

local offset_sign = l.Cg(l.S"+-", "offset_sign")
local offset_hour = l.Cg(to23, "offset_hour")
local offset_min  = l.Cg(to59, "offset_min")
timezone_offset = offset_sign * offset_hour * offset_min

local hms = time_hour * ":" * time_minute * ":" * time_second

-- RFC 3339, section 5.6; its T and Z are capitals.
rfc3339_time_numoffset = offset_sign * offset_hour * ":" * offset_min
rfc3339_time_offset    = l.P"Z" + rfc3339_time_numoffset
rfc3339_partial_time   = hms * time_secfrac^-1
rfc3339_full_date      = date_fullyear * "-" * date_month * "-" * date_mday
rfc3339_full_time      = rfc3339_partial_time * rfc3339_time_offset
rfc3339                = l.Ct(rfc3339_full_date * "T" * rfc3339_full_time)

-- RFC 3164 has no year: it is taken for the one that it is now.
local this_year = l.Cg(l.P(true) / function() return os.date("!%Y") end, "year")
rfc3164_timestamp = l.Ct(date_mabbr * " " * date_mday_sp * " " * hms * this_year)

clf_timestamp = l.Ct(date_mday * "/" * date_mabbr * "/" * date_fullyear * ":" * hms * " " *
                     timezone_offset)
mysql_timestamp = l.Ct(date_fullyear * date_month * date_mday *
                       time_hour * time_minute * time_second)
pgsql_timestamp = l.Ct(rfc3339_full_date * " " * hms)

-- century returns the year that two digits stand for, as POSIX has it.
local function century(yy)
    return (tonumber(yy) < 69 and "20" or "19") .. yy
end

local weekday_short = choice(days_short, two_digits) / 0 -- nothing is kept of it
local weekday_long  = choice(days_long, two_digits) / 0

local conversions = {
    a = weekday_short,
    A = weekday_long,
    b = date_mabbr,
    B = date_mfull,
    C = to99,
    d = date_mday,
    e = date_mday_sp,
    f = l.Cg(digit^1 / function(s) return tonumber("0." .. s) end, "sec_frac"),
    g = to99,
    G = digit * digit * digit * digit,
    h = date_mabbr,
    H = time_hour,
    I = l.Cg(to12, "hour"),
    j = l.Cg(to366, "yday"),
    k = l.Cg(sp09 + l.P"1" * digit + l.P"2" * l.R"03", "hour"),
    l = l.Cg(sp19 + l.P"1" * l.R"02", "hour"),
    m = date_month,
    M = time_minute,
    n = l.P"\n",
    p = l.Cg(l.P"AM" + "PM", "period"),
    s = l.Cg(l.P"-"^-1 * digit^1 / tonumber, "time_t"),
    S = time_second,
    t = l.P"\t",
    u = l.R"17",
    U = to53,
    V = to53,
    w = l.R"06",
    W = to53,
    y = l.Cg(to99 / century, "year"),
    Y = date_fullyear,
    z = timezone_offset,
    Z = timezone,
    ["%"] = l.P"%",
}

-- Conversions that stand for others, in the C locale.
local composites = {
    c = "%a %b %e %H:%M:%S %Y",
    D = "%m/%d/%y",
    F = "%Y-%m-%d",
    r = "%I:%M:%S %p",
    R = "%H:%M",
    T = "%H:%M:%S",
    x = "%m/%d/%y",
    X = "%H:%M:%S",
}

-- sequence returns the pattern of a format, without the table around it.
local function sequence(format)
    local p = l.P(true)
    local i = 1
    while i <= #format do
        local c = string.sub(format, i, i)
        local conversion = string.match(format, "^%%([%a%%])", i)
        if not conversion then
            p = p * l.P(c)
            i = i + 1
        elseif composites[conversion] then
            p = p * sequence(composites[conversion])
            i = i + 2
        elseif conversions[conversion] then
            p = p * conversions[conversion]
            i = i + 2
        else
            error("invalid strftime conversion: %" .. conversion)
        end
    end
    return p
end

-- build_strftime_grammar returns the grammar of what strftime writes with format; it
-- makes a table for time_to_ns. A conversion that is unknown is an error.
function build_strftime_grammar(format)
    return l.Ct(sequence(format))
end

-- days returns the days from 1970-01-01 to a date of the Gregorian calendar. Years are
-- reckoned from March, so that a leap day is the last of its year.
local function days(year, month, day)
    if month <= 2 then year, month = year - 1, month + 12 end
    return 365 * year + math.floor(year / 4) - math.floor(year / 100) +
           math.floor(year / 400) + math.floor((153 * month - 457) / 5) + day - 719469
end

local function hour_of(t)
    local hour = t.hour and tonumber(t.hour) or 12 -- noon, as os.time has it
    if not t.period then return hour end
    return hour % 12 + (t.period == "PM" and 12 or 0)
end

local function days_of(t)
    local year = t.year and tonumber(t.year)
    if not year then error("field 'year' missing in date table") end
    if t.yday and not t.month then return days(year, 1, 1) + tonumber(t.yday) - 1 end
    if not t.month then error("field 'month' missing in date table") end
    if not t.day then error("field 'day' missing in date table") end
    return days(year, tonumber(t.month), tonumber(t.day))
end

local function offset_of(t)
    if not t.offset_hour then return 0 end
    local seconds = tonumber(t.offset_hour) * 3600 + tonumber(t.offset_min) * 60
    return t.offset_sign == "-" and -seconds or seconds
end

-- time_to_ns returns the nanoseconds since 1970 UTC that t, a table of one of the
-- grammars, stands for, and 0 for nil.
function time_to_ns(t)
    if not t then return 0 end
    local frac = t.sec_frac or 0
    if t.time_t then return (t.time_t + frac) * 1e9 end
    local seconds = days_of(t) * 86400 + hour_of(t) * 3600 + tonumber(t.min or 0) * 60 +
                    tonumber(t.sec or 0)
    return (seconds - offset_of(t) + frac) * 1e9
end

-- to_ns returns the pattern of a grammar's text that gives nanoseconds. Lines of a log
-- are of the same second mostly, so it remembers the last text.
function to_ns(grammar)
    local last, ns
    return l.C(grammar / 0) / function(text)
        if text ~= last then last, ns = text, time_to_ns(grammar:match(text)) end
        return ns
    end
end

-- seconds_to_ns turns seconds, a number or its text, into nanoseconds.
function seconds_to_ns(seconds)
    return tonumber(seconds) * 1e9
end

return M
