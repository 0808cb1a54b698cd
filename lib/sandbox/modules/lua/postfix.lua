-- postfix: the messages of Postfix's programs.
--
-- postfix_match(programname, message, extract_keyvalue) returns a table of fields named
-- postfix_queueid, postfix_client_ip, ... as whyscream's patterns for grok name them, or
-- nil for a message that it does not know. Addresses have a representation, numbers are
-- numbers. postfix_keyvalue_data is the text "to=<ann@example.com>, relay=none, ..." or,
-- with extract_keyvalue, a field for each: postfix_to, postfix_relay, ...
--
-- programname is what the log has: postfix/smtpd, mta-in/postfix/smtpd.

local ip     = require "ip_address"
local l      = require "lpeg"
local string = require "string"
l.locale(l)

local pairs    = pairs
local rawset   = rawset
local tonumber = tonumber

local M = {}
setfenv(1, M)

local digit   = l.digit
local rest    = (1 - l.S"\r\n")^0
local integer = digit^1 / tonumber
local decimal = digit^1 * (l.P"." * digit^1)^-1 / tonumber
local address = ip.v6_field + ip.v4_field

local function text(name, p) return l.Cg(p, "postfix_" .. name) end
local function before(stop) return (1 - l.S(stop))^1 end

-- Queue identifiers: short ones are hexadecimal, long ones have no vowels.
local short_id = (digit + l.R"AF")^6
local long_id  = l.alnum^15
local id       = text("queueid", long_id + short_id) * ": "
local no_id    = id + l.P"NOQUEUE: "

-- Hosts: name[address], name[address]:port, name[path of a socket]
local function port(kind) return l.P":" * text(kind .. "_port", integer) end

local function peer(kind)
    return text(kind .. "_hostname", before"[ ") * "[" *
           (text(kind .. "_ip", address) + l.P"unknown" +
            text(kind .. "_service", before"] ")) * "]" * port(kind)^-1
end

local function bare_peer(kind)
    return l.P"[" * text(kind .. "_ip", address) * "]" * port(kind)
end

local client = peer"client"
local relay  = peer"relay"
local caller = bare_peer"client"

-- Pairs: key=value, key=<value>
local key    = (l.alpha + l.S"_-")^1
local value  = l.P"<" * (1 - l.S">\r\n")^0 * ">" + (1 - l.S", \r\n")^0
local pair   = key * "=" * value
local pairs_ = pair * ((l.P", " + " ") * pair)^0
local at_end = l.P","^-1 * l.S"\r\n"^0 * -1

local data        = text("keyvalue_data", pairs_)
local loose_data  = text("keyvalue_data", pair * rest)

local plain_value = l.P"<" * l.C((1 - l.S">\r\n")^0) * ">" + l.C((1 - l.S", \r\n")^0)
local pair_table  = l.Cf(l.Ct"" * l.Cg(l.C(key) * "=" * plain_value) *
                         (l.P","^-1 * l.P" "^0 * l.Cg(l.C(key) * "=" * plain_value))^0, rawset)

local delays = text("delay_before_qmgr", decimal) * "/" * text("delay_in_qmgr", decimal) * "/" *
               text("delay_conn_setup", decimal) * "/" * text("delay_transmission", decimal)

local warning = (l.P"warning" + "fatal" + "panic" + "error") * ": " *
                text("warning", l.P(1)^0)

-- Deliveries end with status=sent (why). The comma before status goes with the data of
-- those programs whose answer is one of SMTP.
local status   = l.P"status=" * text("status", before" (\r\n")
local function why(name)
    local last = l.P")" * at_end
    return l.P" (" * text(name, (1 - (last + l.S"\r\n"))^0) * last
end
local to_comma = text("keyvalue_data", (1 - l.P" status=")^1) * " " * status
local to_data  = text("keyvalue_data", (1 - l.P", status=")^1) * ", " * status
local answered = to_comma * why"smtp_response"

local stage = text("smtp_stage", before" :\r\n")
local code  = text("status_code", digit * digit * digit / tonumber) * " " *
              text("status_code_enhanced", digit * "." * digit^1 * "." * digit^1) * " "

-- up_to_last matches all before the last stop, a pattern of string.match: looking for
-- what ends the line at each place would take the square of its length.
local function up_to_last(stop)
    local pattern = "^.*()" .. stop
    return l.Cmt(l.P(true), function(s, i) return string.match(s, pattern, i) end)
end

-- A reason is all up to the pairs at the end.
local function up_to_pairs(name) return text(name, up_to_last"; ") end
local reason = up_to_pairs"status_message"
local detail = l.P"<" * text("status_data", (1 - l.S">\r\n")^0) * ">: " * reason +
    l.P"Service unavailable; " * (1 - l.S"[;\r\n")^1 * "[" *
        text("status_data", before"]\r\n") * "] " * reason +
    reason

local action = text("action", l.P"reject_warning" + "reject" + "discard" + "filter" + "hold" +
                    "redirect" + "warn" + "info" + "permit")
local refused = no_id * action * ": " * stage * " from " * (caller + client) * ": " * code *
                detail * "; " * data

local tls = l.alpha^1 * " TLS connection established "
local cipher = l.P": " * text("tls_version", before" ") * " with cipher " *
    text("tls_cipher", before" ") * " (" * text("tls_cipher_size", before" ") * " bits)"

-- One grammar each program, by the last part of its name.
local anvil_peer = l.P" for (" * text("service", (1 - l.P":" * address * ")")^1) * ":" *
    text("client_ip", address) * ")"
local function at(name) return l.P" at " * text(name, rest) end
local anvil = l.P"statistics: max " * (
    l.P"cache size " * text("anvil_cache_size", integer) +
    l.P"connection count " * text("anvil_conn_count", integer) * anvil_peer +
    l.P"connection rate " * text("anvil_conn_rate", integer) * "/" *
        text("anvil_conn_period", l.alnum^1) * anvil_peer) * at"anvil_timestamp"

local bounce = id * "sender " * (l.P"non-delivery" + "delivery status" + "delay") *
    " notification: " * text("bounce_queueid", l.alnum^1)

local milter = no_id * "milter-" * text("milter_result", before": ") * ": " *
    text("milter_message", up_to_last"; ") * "; " * data *
    (l.P": " * text("milter_data", rest))^-1

local dnsblog = l.P"addr " * text("client_ip", address) * " listed by domain " *
    text("dnsbl_domain", before" ") * " as " * text("dnsbl_result", before" \r\n")

local master = (l.P"daemon started" + "reload") * " -- version " *
    text("version", before", ") * ", configuration " * text("config_path", before" \r\n") +
    l.P"terminating on signal " * text("termination_signal", integer)

local pickup = id * "uid=" * text("uid", integer) * " from=<" *
    text("from", (1 - l.S">\r\n")^0) * ">"

local function access(p) return text("postscreen_access", p) * " " * caller end
local function violation(p) return text("postscreen_violation", p) end
local elapsed = l.P" after " * text("postscreen_violation_time", decimal)

local postscreen = l.P"cache " * (1 - l.P" full cleanup: ")^1 * " full cleanup: retained=" *
        text("postscreen_cache_retained", integer) * " dropped=" *
        text("postscreen_cache_dropped", integer) * " entries" +
    l.P"CONNECT from " * caller * (l.P" to " * bare_peer"server")^-1 +
    l.P"DISCONNECT " * caller +
    access(l.P"PASS OLD" + "PASS NEW" + "WHITELIST VETO" + "WHITELISTED" + "BLACKLISTED" +
           "ALLOWLIST VETO" + "ALLOWLISTED" + "DENYLISTED") +
    violation(l.P"PREGREET") * " " * digit^1 * elapsed * " from " * caller +
    violation(l.P"HANGUP") * elapsed * " from " * caller +
    violation(l.P"DNSBL") * " rank " * text("postscreen_dnsbl_rank", integer) * " for " * caller +
    violation(l.P"COMMAND TIME LIMIT" + "COMMAND COUNT LIMIT" + "COMMAND LENGTH LIMIT" +
              "COMMAND PIPELINING" + "NON-SMTP COMMAND" + "BARE NEWLINE") *
        " from " * caller * " after " * stage +
    l.P"NOQUEUE: reject: CONNECT from " * caller * ": " *
        text("postscreen_toobusy_data", l.P"too many connections" + "all server ports busy") +
    refused

local qmgr = id * (
    l.P"removed" +
    l.P"from=<" * text("from", (1 - l.S">\r\n")^0) * ">, status=" *
        text("status", before", \r\n") * ", returned to sender" +
    data * (l.P" (queue active)")^-1)

local scache = l.P"statistics: " * (
    (l.P"domain" + "address") * " lookup hits=" * text("scache_hits", integer) * " miss=" *
        text("scache_miss", integer) * " success=" * text("scache_success", integer) +
    l.P"start interval " * text("scache_timestamp", rest) +
    l.P"max simultaneous domains=" * text("scache_domains", integer) * " addresses=" *
        text("scache_addresses", integer) * " connection=" * text("scache_connection", integer))

local in_reply = l.P" (in reply to " * text("smtp_stage", (1 - l.P" command")^1) * " command)"
local smtp = tls * "to " * relay * cipher +
    l.P"connect to " * relay * ": " +
    id * "lost connection with " * relay +
    id * "conversation with " * relay * " timed out" +
    id * "host " * relay * " said: " *
        text("smtp_response", up_to_last" %(in reply to ") * in_reply +
    id * answered +
    id * loose_data

local lost = l.P"lost connection" + "timeout"
local enhanced = digit * "." * digit^1 * "." * digit^1
local proxy_code = l.Ct(text("proxy_status_code", integer) * " " *
                        text("proxy_status_code_enhanced", enhanced))
local smtpd = (l.P"connect" + "disconnect") * " from " * client +
    text("smtpd_lostconn_data", lost) * " after " * stage *
        (l.P" (" * digit^1 * " bytes)")^-1 * " from " * client +
    text("smtpd_lostconn_data", l.P"SSL_accept error") * " from " * client +
    l.P"improper command pipelining after " * stage * " from " * client +
    tls * "from " * client * cipher +
    no_id^-1 * "proxy-" * text("proxy_result", l.P"accept" + "reject") * ": " *
        text("proxy_smtp_stage", before": ") * ": " *
        up_to_pairs"proxy_message" * "; " * data +
    refused +
    id * data

local grammars = {
    anvil           = anvil,
    bounce          = bounce,
    cleanup         = milter + id * data,
    discard         = id * to_comma,
    dnsblog         = dnsblog,
    error           = id * answered,
    lmtp            = smtp,
    ["local"]       = id * loose_data,
    master          = master,
    pickup          = pickup,
    pipe            = id * to_data * why"pipe_response",
    postdrop        = l.P(false),
    postscreen      = postscreen,
    qmgr            = qmgr,
    relay_info      = relay,
    scache          = scache,
    sendmail        = l.P(false),
    smtp            = smtp,
    smtpd           = smtpd,
    tlsmgr          = l.P(false),
    tlsproxy        = l.P"DISCONNECT " * caller + l.P"CONNECT from " * caller,
    trivial_rewrite = l.P(false),
    virtual         = id * answered,
    delays          = delays,
}
grammars.oqmgr = grammars.qmgr

for name, g in pairs(grammars) do grammars[name] = l.Ct(warning + g) end
grammars.keyvalue_data = pair_table

-- Pairs as fields.
local numbers = {delay = true, nrcpt = true, size = true, uid = true}
local split   = {delays = l.Ct(delays), client = l.Ct(client), relay = l.Ct(relay)}

local function merge(fields, parts)
    for k, v in pairs(parts or {}) do fields[k] = v end
end

local function put(fields, name, v)
    local parts = split[name] and split[name]:match(v)
    merge(fields, parts)
    if name == "delays" and parts then return end
    fields["postfix_" .. name] = numbers[name] and tonumber(v) or v
end

function postfix_match(programname, message, extract_keyvalue)
    local service = string.gsub(string.match(programname, "[^/]*$"), "%-", "_")
    local grammar = grammars[service]
    if not grammar then return nil end
    local fields = grammar:match(message)
    if fields and fields.postfix_proxy_message then
        merge(fields, proxy_code:match(fields.postfix_proxy_message))
    end
    if fields and extract_keyvalue and fields.postfix_keyvalue_data then
        local found = pair_table:match(fields.postfix_keyvalue_data)
        fields.postfix_keyvalue_data = nil
        for name, v in pairs(found or {}) do put(fields, name, v) end
    end
    return fields
end

return M
