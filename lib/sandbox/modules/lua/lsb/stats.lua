-- lsb.stats: statistics of arrays of numbers; NaN is a hole.
--
--   sum, avg, min, max, variance, sd (array [, first [, last]])
--       the value, and how many numbers it is of. variance and sd divide by that; without
--       any, min and max are NaN and the others 0.
--   ndtr(x)
--       the part of the normal distribution that is below x
--   mannwhitneyu(x, y [, continuity = true])
--       U of x, and the one-sided p-value of the test of Mann, Whitney and Wilcoxon, ties
--       corrected; nothing if all values are equal. Holes rank lowest.

local math  = require "math"
local table = require "table"

local ipairs = ipairs

local M = {}
setfenv(1, M)

local nan = 0 / 0

function sum(array, first, last)
    local total, n = 0, 0
    for i = first or 1, last or #array do
        local v = array[i]
        if v == v then
            total = total + v
            n = n + 1
        end
    end
    return total, n
end

function avg(array, first, last)
    local total, n = sum(array, first, last)
    if n == 0 then return 0, 0 end
    return total / n, n
end

-- extreme returns the value that comes before all others.
local function extreme(array, first, last, before)
    local found, n = nan, 0
    for i = first or 1, last or #array do
        local v = array[i]
        if v == v then
            if n == 0 or before(v, found) then found = v end
            n = n + 1
        end
    end
    return found, n
end

function min(array, first, last)
    return extreme(array, first, last, function(a, b) return a < b end)
end

function max(array, first, last)
    return extreme(array, first, last, function(a, b) return a > b end)
end

function variance(array, first, last)
    local mean, n = avg(array, first, last)
    if n == 0 then return 0, 0 end
    local squares = 0
    for i = first or 1, last or #array do
        local v = array[i]
        if v == v then squares = squares + (v - mean) * (v - mean) end
    end
    return squares / n, n
end

function sd(array, first, last)
    local v, n = variance(array, first, last)
    return math.sqrt(v), n
end

local sqrt_pi = math.sqrt(math.pi)

-- erf, for small x: its power series.
local function erf_series(x)
    local term, total, n = x, x, 0
    repeat
        n = n + 1
        term = -term * x * x / n
        local more = term / (2 * n + 1)
        total = total + more
    until math.abs(more) <= 1e-17 * math.abs(total)
    return 2 / sqrt_pi * total
end

-- 1 - erf, for large x: its continued fraction, from the end.
local function erfc_fraction(x)
    local f = 0
    for n = 60, 1, -1 do f = n / 2 / (x + f) end
    return math.exp(-x * x) / sqrt_pi / (x + f)
end

function ndtr(x)
    if x ~= x then return nan end
    local z = x / math.sqrt(2)
    if z > 2.5 then return 1 - erfc_fraction(z) / 2 end
    if z < -2.5 then return erfc_fraction(-z) / 2 end
    if z == 0 then return 0.5 end
    return 0.5 + erf_series(z) / 2
end

local function below(a, b)
    if a.v ~= a.v then return b.v == b.v end
    return a.v < b.v
end

local function equal(a, b) return a == b or a ~= a and b ~= b end

-- ranks returns the sum of the ranks of x among all, and the sum of t^3 - t over ties of t.
local function ranks(all)
    table.sort(all, below)
    local of_x, ties = 0, 0
    local i, n = 1, #all
    while i <= n do
        local j = i
        while j < n and equal(all[j + 1].v, all[i].v) do j = j + 1 end
        for k = i, j do
            if all[k].x then of_x = of_x + (i + j) / 2 end
        end
        local t = j - i + 1
        ties = ties + t * t * t - t
        i = j + 1
    end
    return of_x, ties
end

function mannwhitneyu(x, y, continuity)
    local all = {}
    for _, v in ipairs(x) do table.insert(all, {v = v, x = true}) end
    for _, v in ipairs(y) do table.insert(all, {v = v, x = false}) end
    local nx, ny, n = #x, #y, #x + #y
    if nx == 0 or ny == 0 then return nil end
    local of_x, ties = ranks(all)
    local correction = 1 - ties / (n * n * n - n)
    if correction <= 0 then return nil end

    local u = of_x - nx * (nx + 1) / 2
    local mean = nx * ny / 2
    local deviation = math.sqrt(correction * nx * ny * (n + 1) / 12)
    local distance = math.abs(u - mean)
    if continuity ~= false then distance = distance - 0.5 end
    return u, ndtr(-distance / deviation)
end

return M
