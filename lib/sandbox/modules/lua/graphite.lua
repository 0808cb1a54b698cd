-- graphite: lines for Graphite, "name value time\n", as StatsD makes them.
--
--   count_rate(bucket, count, interval, secs)
--       stats.counters.<bucket>.count and .rate, the count a second
--   multi_counts_rates(counts, interval, secs)
--       the same for each bucket of a table of counts, by name
--   timeseries_metrics(bucket, times, interval, percent, secs)
--       stats.timers.<bucket>: count, count_ps, lower, upper, sum, mean, and mean_<percent>,
--       upper_<percent> of all but the slowest; times is put in order
--   multi_timeseries_metrics(timers, interval, percent, secs)
--       the same for each bucket of a table of arrays, by name
--   ns_to_sec(ns)

local math   = require "math"
local string = require "string"
local table  = require "table"

local ipairs = ipairs
local pairs  = pairs

local M = {}
setfenv(1, M)

local function sorted_names(t)
    local names = {}
    for name in pairs(t) do table.insert(names, name) end
    table.sort(names)
    return names
end

function count_rate(bucket, count, interval, secs)
    local name = "stats.counters." .. bucket
    return string.format("%s.count %d %d\n%s.rate %f %d\n", name, count, secs,
                         name, count / interval, secs)
end

function multi_counts_rates(counts, interval, secs)
    local lines = {}
    for _, bucket in ipairs(sorted_names(counts)) do
        table.insert(lines, count_rate(bucket, counts[bucket], interval, secs))
    end
    return table.concat(lines)
end

-- summary returns what there is to say of an ordered array.
local function summary(times, percent)
    local n = #times
    if n == 0 then return {lower = 0, upper = 0, sum = 0, mean = 0, p_mean = 0, p_upper = 0} end
    local kept = n - math.floor((100 - percent) / 100 * n + 0.5)
    if n == 1 then kept = 1 end
    local sum, p_sum = 0, 0
    for i, t in ipairs(times) do
        sum = sum + t
        if i <= kept then p_sum = p_sum + t end
    end
    local s = {lower = times[1], upper = times[n], sum = sum, mean = sum / n}
    if kept > 0 then
        s.p_mean, s.p_upper = p_sum / kept, times[kept]
    else
        s.p_mean, s.p_upper = s.lower, s.upper
    end
    return s
end

function timeseries_metrics(bucket, times, interval, percent, secs)
    table.sort(times)
    local s = summary(times, percent)
    local lines = {string.format("stats.timers.%s.count %d %d\n", bucket, #times, secs)}
    local function add(what, value)
        table.insert(lines, string.format("stats.timers.%s.%s %f %d\n", bucket, what, value, secs))
    end
    add("count_ps", #times / interval)
    add("lower", s.lower)
    add("upper", s.upper)
    add("sum", s.sum)
    add("mean", s.mean)
    add(string.format("mean_%d", percent), s.p_mean)
    add(string.format("upper_%d", percent), s.p_upper)
    return table.concat(lines)
end

function multi_timeseries_metrics(timers, interval, percent, secs)
    local lines = {}
    for _, bucket in ipairs(sorted_names(timers)) do
        local s = timeseries_metrics(bucket, timers[bucket], interval, percent, secs)
        table.insert(lines, s)
    end
    return table.concat(lines)
end

function ns_to_sec(ns)
    return math.floor(ns / 1e9)
end

return M
