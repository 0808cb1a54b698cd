-- anomaly: what is unusual in a circular buffer.
--
-- parse_config(text) reads any number of specifications, with or without blanks between
-- them, for the payloads they name ("" in a name is a quote); nil is nil, and a text that
-- is none an error:
--
--   roc("name", col, win, hwin, sd, loss_of_data, start_of_data)
--       the averages of the last two windows of win rows differ by more than sd standard
--       deviations of the hwin rows before (0: of all), or data ceased, or began
--   mww("name", col, win, nwin, pvalue, decreasing|increasing|any)
--       more than a quarter of nwin windows differ from the newest, by the test of Mann,
--       Whitney and Wilcoxon
--   mww_nonparametric("name", col, win, nwin, pstat)
--       the mean of that test's statistic, 0 to 1, is beyond pstat, seen from 0.5
--
-- detect(ns, name, cbuf, config) advances the buffer to the time ns, tests the rows before
-- the newest, which is not complete, at most once for each row, and returns the text of an
-- alert and a list of annotations; or nothing.

local annotation = require "annotation"
local l          = require "lpeg"
local math       = require "math"
local string     = require "string"
local table      = require "table"
l.locale(l)

local error    = error
local ipairs   = ipairs
local tonumber = tonumber

local M = {}
setfenv(1, M)

-- Configuration

local space  = l.space^0
local comma  = l.P"," * space
local quoted = l.P'"' * l.Cs((l.P'""' / '"' + (1 - l.P'"'))^1) * '"'

local digits  = l.digit^1 / tonumber
local decimal = l.digit^1 * (l.P"." * l.digit^1)^-1 / tonumber
local share   = l.P"0" * (l.P"." * l.digit^1)^-1 / tonumber
local bool    = l.P"true" * l.Cc(true) + l.P"false" * l.Cc(false)
local trend   = l.C(l.P"decreasing" + "increasing" + "any")

-- call returns the grammar of a specification: its name and the table of its arguments,
-- which parameters are {name, pattern}.
local function call(algorithm, parameters)
    local arguments = l.Cg(l.Cc(algorithm), "algorithm")
    for _, p in ipairs(parameters) do
        arguments = arguments * comma * l.Cg(p[2], p[1])
    end
    return l.P(algorithm) * "(" * quoted * l.Ct(arguments) * ")"
end

local roc_call = call("roc", {
    {"col", digits}, {"win", digits}, {"hwin", digits}, {"sd", decimal},
    {"loss_of_data", bool}, {"start_of_data", bool}})

local mww_call = call("mww", {
    {"col", digits}, {"win", digits}, {"nwin", digits}, {"pvalue", decimal},
    {"trend", trend}})

local nonparametric_call = call("mww_nonparametric", {
    {"col", digits}, {"win", digits}, {"nwin", digits}, {"pstat", share}})

local specification = space * l.Ct(roc_call + nonparametric_call + mww_call)
local grammar = l.Ct(specification^1) * space * -1

function parse_config(text)
    if not text then return nil end
    local list = grammar:match(text)
    if not list then error("could not parse the anomaly_config") end
    local config = {}
    for _, s in ipairs(list) do
        local name, spec = s[1], s[2]
        config[name] = config[name] or {}
        table.insert(config[name], spec)
    end
    return config
end

-- Tests. Each returns what it found, or nil.

local function fail(name, spec, why)
    error(string.format("%s - algorithm: %s col: %d msg: %s", name, spec.algorithm, spec.col, why))
end

-- shape returns the nanoseconds of a row, those of a window, and the end of the last
-- complete row, which is the time of the newest.
local function shape(cbuf, spec)
    local _, _, seconds = cbuf:get_configuration()
    local row = seconds * 1e9
    return row, row * spec.win, cbuf:current_time()
end

local function roc(name, cbuf, spec)
    local rows = cbuf:get_configuration()
    if 3 * spec.win >= rows or spec.hwin > 0 and spec.hwin < spec.win then
        fail(name, spec, string.format("win=%d hwin=%d arguments out of range (rows=%d)",
                                       spec.win, spec.hwin, rows))
    end
    local row, window, now = shape(cbuf, spec)
    local newest, before = now - window, now - 2 * window
    local oldest
    if spec.hwin > 0 then oldest = before - spec.hwin * row end

    local sd = cbuf:compute("sd", spec.col, oldest, before - row)
    local avg_before, n_before = cbuf:compute("avg", spec.col, before, newest - row)
    local avg_newest, n_newest = cbuf:compute("avg", spec.col, newest, now - row)
    if spec.loss_of_data and n_before > 0 and n_newest == 0 then return "no new data" end
    if spec.start_of_data and n_before == 0 and n_newest > 0 then return "unexpected data" end
    if sd and avg_before and avg_newest and
       math.abs(avg_newest - avg_before) > sd * spec.sd then
        return string.format("detected anomaly, standard deviation exceeds %G", spec.sd)
    end
    return nil
end

-- windows returns the beginnings of the windows before the newest, the beginning of that,
-- and what to add for the beginning of a window's last row. The nanosecond more of the
-- limit is Heka's: it leaves the oldest window out where times are small, as in tests,
-- and is lost in the rounding of times of this century.
local function windows(name, cbuf, spec)
    local rows = cbuf:get_configuration()
    if spec.win * spec.nwin >= rows then fail(name, spec, "arguments out of range") end
    local row, window, now = shape(cbuf, spec)
    local starts = {}
    for start = now - 2 * window, now - window * spec.nwin + 1, -window do
        table.insert(starts, start)
    end
    return starts, now - window, window - row
end

-- goes reports whether a mean that was before and is now goes as the trend says.
local function goes(trend, before, now)
    if trend == "decreasing" then return before > now end
    if trend == "increasing" then return before < now end
    return true
end

local function mww(name, cbuf, spec)
    local starts, newest, span = windows(name, cbuf, spec)
    local mean = cbuf:compute("avg", spec.col, newest, newest + span)
    local n = 0
    for _, start in ipairs(starts) do
        local before = cbuf:compute("avg", spec.col, start, start + span)
        if goes(spec.trend, before, mean) then
            local _, p = cbuf:mannwhitneyu(spec.col, newest, newest + span, start, start + span)
            if p and p < spec.pvalue then n = n + 1 end
        end
    end
    if n <= spec.nwin / 4 then return nil end
    if spec.trend == "any" then return "detected anomaly" end
    return "detected anomaly, " .. spec.trend .. " values"
end

local function mww_nonparametric(name, cbuf, spec)
    local starts, newest, span = windows(name, cbuf, spec)
    local sum = 0
    for _, start in ipairs(starts) do
        local u = cbuf:mannwhitneyu(spec.col, newest, newest + span, start, start + span)
        if u then sum = sum + u / (spec.win * spec.win) - 0.5 end
    end
    local pstat = sum / (spec.nwin - 1) + 0.5
    if spec.pstat > 0.5 and pstat > spec.pstat or spec.pstat < 0.5 and pstat < spec.pstat then
        return string.format("detected anomaly, pstat: %G", pstat)
    end
    return nil
end

local tests = {roc = roc, mww = mww, mww_nonparametric = mww_nonparametric}

-- due reports whether a row has passed since the specs of a payload were tested last.
local function due(ns, cbuf, specs)
    local _, _, seconds = cbuf:get_configuration()
    local last = specs.last_run or 0
    if ns <= last or ns - last < seconds * 1e9 then return false end
    specs.last_run = ns
    return true
end

function detect(ns, name, cbuf, config)
    if not cbuf:get(ns, 1) then cbuf:add(ns, 1, 0 / 0) end
    local specs = config[name]
    if not specs or not due(ns, cbuf, specs) then return nil end

    local alerts, notes = {}, {}
    for _, spec in ipairs(specs) do
        local found = tests[spec.algorithm](name, cbuf, spec)
        if found then
            table.insert(notes, annotation.create(cbuf:current_time(), spec.col, "A", found))
            table.insert(alerts, string.format("%s - algorithm: %s col: %d msg: %s", name,
                                               spec.algorithm, spec.col, found))
        end
    end
    if not alerts[1] then return nil end
    return table.concat(alerts, "\n"), notes
end

return M
