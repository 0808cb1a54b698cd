-- Watches how many messages the plugins of hekad fail to process, from its messages of Type
-- heka.all-report, and alerts when that is unusual.
--
-- config (default)
--   anomaly_config ('mww_nonparametric("DEFAULT", 1, 5, 10, 0.7)')
--       what to watch for, by the names of plugins; DEFAULT is for all that have no
--       specification of their own. Rows have 60 seconds.

require "circular_buffer"
require "cjson"
require "table"
local alert   = require "alert"
local anomaly = require "anomaly"

local config = anomaly.parse_config(read_config("anomaly_config") or
                                    'mww_nonparametric("DEFAULT", 1, 5, 10, 0.7)')
local sections = {"inputs", "decoders", "filters", "encoders", "outputs"}
local rows, sec_per_row = 1440, 60

plugins = {} -- {cbuf = , last = failures so far}, by name

-- watch gives a plugin the default specifications unless it has its own.
local function watch(name)
    if config[name] or not config.DEFAULT then return end
    local specs = {}
    for i, spec in ipairs(config.DEFAULT) do specs[i] = spec end
    config[name] = specs
end

local function note(ns, name, failures)
    local plugin = plugins[name]
    if not plugin then
        plugin = {cbuf = circular_buffer.new(rows, 1, sec_per_row), last = failures}
        plugin.cbuf:set_header(1, "Failures")
        plugins[name] = plugin
    end
    local new = failures - plugin.last
    if new < 0 then new = failures end -- hekad has started again
    plugin.last = failures
    plugin.cbuf:add(ns, 1, new)
end

function process_message()
    local ns = read_message("Timestamp")
    local ok, report = pcall(cjson.decode, read_message("Payload"))
    if not ok or type(report) ~= "table" then return -1, "no JSON" end

    for _, section in ipairs(sections) do
        local list = report[section]
        if type(list) ~= "table" then list = {} end
        for _, p in ipairs(list) do
            local failures = type(p) == "table" and p.ProcessMessageFailures
            if type(failures) == "table" and type(failures.value) == "number" and
               type(p.Name) == "string" then
                note(ns, p.Name, failures.value)
            end
        end
    end
    return 0
end

function timer_event(ns)
    if alert.throttled(ns) then return end
    local names = {}
    for name in pairs(plugins) do table.insert(names, name) end
    table.sort(names)
    for _, name in ipairs(names) do
        watch(name)
        local msg = anomaly.detect(ns, name, plugins[name].cbuf, config)
        if msg then alert.queue(ns, msg) end
    end
    alert.send_queue(ns)
end
