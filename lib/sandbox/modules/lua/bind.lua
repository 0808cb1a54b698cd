-- bind: the grammar of BIND's log of queries.
--
--   27-May-2015 21:06:49.246 queries: info: client 10.0.1.70#41242 (www.example.com):
--   query: www.example.com IN A +E (10.0.1.71)
--
-- query_log_grammar is a sequence of named groups; put l.Ct around it: Timestamp, ClientIP
-- and ServerRespondingIP (fields with a representation), FullQuery, QueryName (the first
-- label) and QueryDomain (the rest, if any), RecordClass, RecordType, QueryFlags (a list of texts).
-- dns_record_type, dns_record_class and query_flags are those parts of it.

local date_time = require "date_time"
local ip        = require "ip_address"
local l         = require "lpeg"
l.locale(l)

local M = {}
setfenv(1, M)

local address = ip.v6_field + ip.v4_field
local time = date_time.build_strftime_grammar("%d-%b-%Y %H:%M:%S") / date_time.time_to_ns
local stamp = l.Cg(time, "Timestamp") * (l.P"." * l.digit^1)^-1

local label = (l.alnum + l.S"-_")^1
local full  = (1 - l.S") \n")^1

-- 65280 and the like have no name: TYPE65280, CLASS7.
dns_record_type  = l.Cg(l.upper * (l.upper + l.digit + "-")^0 + "*", "RecordType")
dns_record_class = l.Cg(l.P"IN" + "CH" + "HS" + "ANY" + "NONE" + l.P"CLASS" * l.digit^1,
                        "RecordClass")

local flags = {
    ["+"] = "recursion requested",
    ["-"] = "recursion not requested",
    C     = "no DNSSEC validation check",
    D     = "DNSSEC data wanted",
    E     = "EDNS used",
    S     = "query signed",
    T     = "TCP used",
}
query_flags = l.Cg(l.Ct((l.S"+-CDEST" / flags * (l.P"(" * l.digit^1 * ")")^-1)^1), "QueryFlags")

local client = l.P"client " * (l.P"@0x" * l.xdigit^1 * " ")^-1 *
               l.Cg(address, "ClientIP") * "#" * l.digit^1
local query  = l.Cg(label, "QueryName") *
               (l.P"." * l.Cg(label * (l.P"." * label)^0, "QueryDomain"))^-1

query_log_grammar = stamp * " queries: info: " * client * " (" * l.Cg(full, "FullQuery") *
    "): query: " * query * " " * dns_record_class * " " * dns_record_type * " " *
    query_flags * " (" * l.Cg(address, "ServerRespondingIP") * ")"

return M
