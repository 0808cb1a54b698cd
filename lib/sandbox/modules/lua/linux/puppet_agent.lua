-- lpeg.linux.puppet_agent: what Puppet's agent did to which resource.
--
-- syslog_grammar makes puppet_resource_path and those there are of puppet_parameter,
-- puppet_change, puppet_old_value, puppet_new_value, puppet_current_value,
-- puppet_should_value, puppet_noop, puppet_callback, puppet_callback_target,
-- puppet_events_count, puppet_file_path, puppet_bucket, puppet_file_sum, puppet_msg,
-- puppet_benchmark_seconds.

local l      = require "lpeg"
local syslog = require "syslog"
l.locale(l)

local M = {}
setfenv(1, M)

local rest = (1 - l.P"\n")^0
local word = (1 - l.space)^1

-- A path has parts in brackets, which may have any text in them, and ends with one or
-- with the name of a parameter.
local inner     = l.P"[" * (1 - l.S"[]\n")^0 * "]"
local bracketed = l.P"[" * (inner + (1 - l.S"[]\n"))^0 * "]"
local parameter = l.P"/" * l.Cg((l.lower + l.S"_-" + l.digit)^1, "puppet_parameter") * #l.P")"
local path      = l.Cg((bracketed + (1 - (parameter + l.S")[\n")))^1, "puppet_resource_path")
local resource  = l.P"(" * path * parameter^-1 * ")"

local function up_to(text, name) return l.Cg((1 - (l.P(text) + "\n"))^0, name) * text end

local noop = l.P" (noop)" * l.Cg(l.Cc(true), "puppet_noop")

local current = l.P"current_value " * up_to(", should be ", "puppet_current_value") *
                l.Cg((1 - (noop + "\n"))^0, "puppet_should_value") * noop^-1

local changed = word * " changed '" * up_to("' to '", "puppet_old_value") *
                up_to("'", "puppet_new_value")

local scheduling = l.P"Scheduling " * l.Cg(word, "puppet_callback") * " of " *
                   l.Cg(rest, "puppet_callback_target")

local triggered = l.Cg(l.P"Would have triggered" + "Triggered", "puppet_msg") * " '" *
                  up_to("' from ", "puppet_callback") *
                  l.Cg(syslog.integer, "puppet_events_count") * " events"

local bucket = l.P"Filebucketed " * up_to(" to ", "puppet_file_path") *
               l.Cg(word, "puppet_bucket") * " with sum " * l.Cg(word, "puppet_file_sum")

local change = l.Cg((1 - l.P"\n")^1, "puppet_change")

local about = resource * (l.P" " * (current + changed + scheduling + triggered + bucket +
                                    change))^-1

local finished = l.Cg(l.P"Finished catalog run" + "Applied catalog", "puppet_msg") * " in " *
                 l.Cg(syslog.float, "puppet_benchmark_seconds") * " seconds"

syslog_grammar = l.Ct(about + finished)

return M
