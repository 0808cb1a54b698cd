-- mysql: grammars of the slow query log, a message of which begins with "# Time:",
-- "# User@Host:" or "# Query_time:".
--
--   slow_query_grammar, mariadb_slow_query_grammar
--   short_slow_query_grammar, mariadb_short_slow_query_grammar    without User@Host
--
-- They make the table of a message: Timestamp (of SET timestamp, nanoseconds as text),
-- Hostname, Payload (the SQL) and Fields: counts as numbers, Query_time, Lock_time and
-- other waits in "s", sizes in "B", Yes and No as text.

local l = require "lpeg"
l.locale(l)

local ipairs   = ipairs
local tonumber = tonumber

local M = {}
setfenv(1, M)

local digit = l.digit
local blank = l.S" \t"
local line_end = l.P"\r"^-1 * "\n"

local decimal = digit^1 * (l.P"." * digit^1)^-1 / tonumber

local function measured(representation)
    return l.Ct(l.Cg(decimal, "value") * l.Cg(l.Cc(representation), "representation"))
end

-- A word may be missing, in which case the next name stands in its place.
local word = (1 - l.S" \t\r\n:")^1 * -l.P":"

local kinds = {
    {measured"s", "Query_time", "Lock_time", "InnoDB_IO_r_wait", "InnoDB_rec_lock_wait",
        "InnoDB_queue_wait"},
    {measured"B", "Bytes_sent", "Bytes_received", "Tmp_table_sizes", "InnoDB_IO_r_bytes",
        "Log_slow_rate_bytes"},
    {decimal, "Rows_sent", "Rows_examined", "Rows_affected", "Rows_read", "Thread_id",
        "Last_errno", "Killed", "Tmp_tables", "Tmp_disk_tables", "Merge_passes",
        "InnoDB_IO_r_ops", "InnoDB_pages_distinct", "Errno"},
    {l.C(word), "Schema", "QC_hit", "Full_scan", "Full_join", "Tmp_table",
        "Tmp_table_on_disk", "Filesort", "Filesort_on_disk", "Priority_queue",
        "InnoDB_trx_id"},
    {l.C((1 - l.S" \t\r\n")^1), "Start", "End"},
}

local other = (l.alnum + "_")^1 * ":" * blank^0 * (word^-1)

local pair = l.P(false)
for _, kind in ipairs(kinds) do
    for i = 2, #kind do
        pair = pair + l.P(kind[i]) * ":" * blank^0 * l.Cg(kind[1], kind[i])^-1
    end
end
pair = pair + l.P"QC_Hit:" * blank^0 * l.Cg(word, "QC_hit")^-1 + other

local sharp = l.P"#" * blank^1
local rest  = (1 - l.P"\n")^0 * "\n"

local time_line = sharp * "Time: " * rest

-- # User@Host: user[user] @ name [address]  Id:    42
local address = l.P"[" * l.Cg((1 - l.S"]\n")^1, "Hostname") * "]"
local by_name = l.Cg((1 - l.S" [\n")^1, "Hostname") * blank^1 * "[]"
local user_line = sharp * "User@Host: " * (1 - l.S"@\n")^0 * "@" * blank^1 *
                  (by_name + (1 - l.S"[\n")^0 * (address + "[]")) * rest

local stat_line = sharp * pair * (blank^0 * pair)^0 * blank^0 * line_end

local use_line = l.P"use " * rest
local admin_line = sharp * "administrator command: " * rest

local setting = (l.alpha + "_")^1 * "=" * (1 - l.S",;\n")^1
local function set_line(name)
    local stamp = l.P"timestamp=" * l.Cg(digit^1 / "%0000000000", name)
    return l.P"SET " * (stamp + setting) * (l.P"," * blank^0 * (stamp + setting))^0 * ";" * rest
end

-- build returns the body of a grammar: the names for the time and the SQL, and what
-- is put around the statistics.
function build(stamp_name, sql_name, wrap)
    return wrap(stat_line^1) * use_line^-1 * set_line(stamp_name) * admin_line^-1 *
           l.Cg(l.P(1)^0, sql_name)
end

headings = {
    long  = time_line^-1 * user_line,
    short = time_line^-1,
}

local function fields(p) return l.Cg(l.Ct(p), "Fields") end
local body = build("Timestamp", "Payload", fields)

slow_query_grammar               = l.Ct(headings.long * body)
short_slow_query_grammar         = l.Ct(headings.short * body)
mariadb_slow_query_grammar       = slow_query_grammar
mariadb_short_slow_query_grammar = short_slow_query_grammar

return M
