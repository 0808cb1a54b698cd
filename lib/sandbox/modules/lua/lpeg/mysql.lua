-- lpeg.mysql: grammars of the slow query log of MySQL, MariaDB and Percona Server.
--
-- They make one flat table: timestamp (nanoseconds as text), sql, Hostname and the
-- statistics, as those of the module mysql.

local l     = require "lpeg"
local mysql = require "mysql"

local M = {}
setfenv(1, M)

local body = mysql.build("timestamp", "sql", function(p) return p end)

slow_query_grammar               = l.Ct(mysql.headings.long * body)
short_slow_query_grammar         = l.Ct(mysql.headings.short * body)
mariadb_slow_query_grammar       = slow_query_grammar
mariadb_short_slow_query_grammar = short_slow_query_grammar
percona_slow_query_grammar       = slow_query_grammar

return M
