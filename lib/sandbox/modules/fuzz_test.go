package modules_test

import (
	"strings"
	"testing"

	"heka/lib/sandbox"
)

// matchers is a script that gives the payload to every grammar there is. What one of
// them raises is the text of the result: grammars take any line, or do not match.
const matchers = `
local l = require "lpeg"
require "string"
require "table"
local clf, syslog, dt = require "common_log_format", require "syslog", require "date_time"
local mysql, flat, uri = require "mysql", require "lpeg.mysql", require "uri"
local escapes, ip, stats = require "escape_sequences", require "ip_address", require "lsb.stats"
local anomaly, postfix, util = require "anomaly", require "postfix", require "util"
local grammars = {
    clf.build_nginx_grammar('$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"'),
    clf.build_nginx_grammar('$msec $upstream_addr $upstream_response_time $time_iso8601 $scheme$host$uri$is_args$args'),
    clf.build_apache_grammar('%h %l %u %t \\"%r\\" %>s %b %D %{%d/%b/%Y %z}t %{hextid}P'),
    clf.nginx_error_grammar,
    syslog.build_rsyslog_grammar('<%PRI%>%TIMESTAMP% %HOSTNAME% %syslogtag%%msg:::sp-if-no-1st-sp%%msg%\n'),
    syslog.build_rsyslog_grammar('%TIMESTAMP:::date-rfc3339% %pri-text% %structured-data% %msg%'),
    mysql.slow_query_grammar, mysql.short_slow_query_grammar, flat.slow_query_grammar,
    uri.uri, uri.uri_reference, uri.url_query,
    escapes.c, escapes.json, escapes.url, ip.host_field, ip.v4_octets,
    require("cbufd").grammar, require("sfl4j").logevent_grammar, require("logfmt").grammar,
    require("lpeg.sendmail").grammar, l.Ct(require("bind").query_log_grammar),
    dt.rfc3164_timestamp / dt.time_to_ns, dt.clf_timestamp / dt.time_to_ns,
    dt.build_strftime_grammar("%c %C%D %e%F %I%p %j %s %y %Z") / dt.time_to_ns,
}
for _, program in ipairs{"cron", "dhclient", "dhcpd", "groupadd", "groupdel", "kernel", "login",
        "named", "pam", "puppet_agent", "sshd", "su", "sudo", "systemd_logind", "useradd"} do
    table.insert(grammars, require("lpeg.linux." .. program).syslog_grammar)
end
local programs = {"anvil", "bounce", "cleanup", "discard", "dnsblog", "local", "master", "pickup",
    "pipe", "postscreen", "qmgr", "scache", "smtp", "smtpd", "tlsproxy", "virtual", "keyvalue_data"}

function process_message()
    local line = read_message("Payload")
    for i, g in ipairs(grammars) do
        local ok, why = pcall(g.match, g, line)
        if not ok then return -1, i .. ": " .. tostring(why) end
    end
    for _, p in ipairs(programs) do
        local ok, why = pcall(postfix.postfix_match, p, line, true)
        if not ok then return -1, p .. ": " .. why end
    end
    clf.normalize_user_agent(line)
    escapes.escape_json(line)
    escapes.escape_html(line)
    return 0
end`

// fuzzed returns a sandbox of source that gives what each payload comes to.
func fuzzed(f *testing.F, source string) func(t *testing.T, payload string) sandbox.Result {
	script, err := sandbox.Compile("fuzz.lua", source)
	if err != nil {
		f.Fatal(err)
	}
	sb, err := script.New(sandbox.Config{Use: sandbox.Filter, Limits: limits()})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(sb.Close)
	return func(t *testing.T, text string) sandbox.Result {
		t.Helper()
		r, err := sb.Process(payload(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		return r
	}
}

func FuzzLines(f *testing.F) {
	seeds, err := sessionLines()
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Add(strings.Repeat("[", 2000))
	f.Add("(" + strings.Repeat("a[", 2000))
	f.Add(strings.Repeat("a=b, ", 500) + "; ; ;")
	process := fuzzed(f, matchers)
	f.Fuzz(func(t *testing.T, line string) {
		if len(line) > 1<<13 {
			return
		}
		if r := process(t, line); r.Code != 0 {
			t.Errorf("%q: %s", line, r.Text)
		}
	})
}

// builders is a script that makes grammars of the payload; refusing it is an answer.
const builders = `
local clf, syslog, dt = require "common_log_format", require "syslog", require "date_time"
local anomaly, printf = require "anomaly", require "lpeg.printf"
require "string"
local sample = '127.0.0.1 - - [10/Feb/2014:08:46:41 -0800] "GET / HTTP/1.1" 304 0'
function process_message()
    local format = read_message("Payload")
    for _, build in ipairs{clf.build_nginx_grammar, clf.build_apache_grammar,
            syslog.build_rsyslog_grammar, dt.build_strftime_grammar} do
        local ok, g = pcall(build, format)
        if ok then
            local fine, why = pcall(g.match, g, sample)
            if not fine then return -1, why end
        end
    end
    pcall(printf.build_grammar, {format, "a", "b", "c", "d", "e", "f"})
    pcall(anomaly.parse_config, format)
    return 0
end`

func FuzzFormats(f *testing.F) {
	f.Add(`$remote_addr - ${remote_user} [$time_local] "$request" $upstream_addr$is_args`)
	f.Add(`%h %l %u %t \"%r\" %>s %!400,501{User-agent}i %{%Y %s}t`)
	f.Add(`<%PRI%>%TIMESTAMP:::date-rfc3339% %syslogtag:1:32%%msg:::sp-if-no-1st-sp%\n`)
	f.Add(`%a %A %c %D %Y-%m-%dT%H:%M:%S%z %% %E`)
	f.Add(`%5.3s|%-*d|%#x|%lu %c %n%m`)
	f.Add(`roc("a ""b""", 1, 15, 0, 1.5, true, false) mww("b",2,60,10,0.0001,any)`)
	process := fuzzed(f, builders)
	f.Fuzz(func(t *testing.T, format string) {
		if len(format) > 1<<10 {
			return
		}
		if r := process(t, format); r.Code != 0 {
			t.Errorf("%q: %s", format, r.Text)
		}
	})
}
