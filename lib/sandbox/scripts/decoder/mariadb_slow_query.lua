-- Decodes records of MariaDB's slow query log, which begin with "# User@Host:" (heka-tail --split
-- 'regex-start=(# User@Host:)'). The fields are Query_time and Lock_time (s), Rows_sent,
-- Rows_examined, Thread_id, Schema and QC_hit; the payload is the SQL, Hostname the client's,
-- and the time that of SET timestamp.
--
-- config (default)
--   truncate_sql (nil)  bytes of SQL that are kept, before "..."; below 0, those that are
--                       taken away at the end

local mysql = require "mysql"
require "string"

local truncate_sql = read_config("truncate_sql")

local function truncate(sql)
    if not truncate_sql or #sql <= truncate_sql then return sql end
    if truncate_sql < 0 then
        return string.sub(sql, 1, truncate_sql - 1) .. "..."
    end
    return string.sub(sql, 1, truncate_sql) .. "..."
end

function process_message()
    local msg = mysql.mariadb_slow_query_grammar:match(read_message("Payload"))
    if not msg then return -1, "no record of a slow query" end

    msg.Type = "mariadb.slow-query"
    -- The time of the next query may stand at the end of the record.
    msg.Payload = truncate((string.gsub(msg.Payload, "\n# Time: [^\n]*\n?$", "\n")))
    inject_message(msg)
    return 0
end
