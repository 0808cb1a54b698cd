package modules_test

import (
	"strings"
	"testing"

	"heka/lib/sandbox"
)

// TestLinear gives each kind of grammar lines that make much work, in a filter with
// Heka's limits: a line of a log must not end the script that reads it.
func TestLinear(t *testing.T) {
	const length = 16 << 10
	f := func(setup, expr, head, unit, tail string) {
		t.Helper()
		line := head + strings.Repeat(unit, length/len(unit)) + tail
		script, err := sandbox.Compile("linear.lua", setup+
			"\nfunction process_message() local line = read_message('Payload') local r = "+
			expr+" return 0 end")
		if err != nil {
			t.Fatal(err)
		}
		limits := sandbox.DefaultLimits
		sb, err := script.New(sandbox.Config{Use: sandbox.Filter, Limits: limits})
		if err != nil {
			t.Fatal(err)
		}
		defer sb.Close()
		if _, err := sb.Process(payload(line)); err != nil {
			t.Errorf("%s: %q...: %v", expr, head+unit+unit, err)
		}
		if n := sb.Meter().Peak().Instructions; n > limits.Instructions/8 {
			t.Errorf("%s: %q...: %d instructions", expr, head+unit+unit, n)
		}
	}
	postfix := `local pf = require "postfix"`
	smtpd, smtp := `pf.postfix_match("postfix/smtpd", line, true)`, `pf.postfix_match("postfix/smtp", line, true)`
	f(postfix, smtpd, "NOQUEUE: reject: RCPT from a[192.0.2.1]: 550 5.1.1 ", "; a=b", "")
	f(postfix, smtpd, "NOQUEUE: reject: RCPT from a[192.0.2.1]: 550 5.1.1 ", "; a=b ", "x")
	f(postfix, smtpd, "proxy-reject: END-OF-MESSAGE: ", "; a=<b>", "; x")
	f(postfix, smtp, "ED59C3D: host m[192.0.2.3] said: ", " (in reply to a", "")
	f(postfix, smtp, "ED59C3D: to=<a>, ", "a=b, ", "status=sent (x")
	f(postfix, smtp, "ED59C3D: to=<a>, status=sent (", ")", "x")
	f(postfix, `pf.postfix_match("postfix/cleanup", line, true)`, "4104E3D: milter-reject: x", "; a=b", ": ")
	f(postfix, `pf.postfix_match("postfix/anvil", line)`, "statistics: max connection count 1 for (a", ":192.0.2.3", "")

	clf := `local clf = require "common_log_format"
local nginx = clf.build_nginx_grammar('$remote_addr - $remote_user [$time_local] "$request" $status')
local hosts = clf.build_nginx_grammar('$host x')
local apache = clf.build_apache_grammar('%h %l %u %t \\"%r\\" %>s %b')`
	f(clf, "nginx:match(line)", "192.0.2.3 - ", " [", "")
	f(clf, "nginx:match(line)", "192.0.2.3 - - [10/Feb/2014:08:46:41 -0800] \"", `\"`, "")
	f(clf, "hosts:match(line)", "", "1.2.3.4.", "")
	f(clf, "hosts:match(line)", "", "1:", "")
	f(clf, "apache:match(line)", "a", " [", "")
	f(clf, "clf.normalize_user_agent(line)", "", "Trident/", "")
	f(clf, "clf.normalize_user_agent(line)", "", "MSIE Firefox AndroidSyn", "")

	text := `local l = require "lpeg"
local uri, logfmt, es = require "uri", require "logfmt", require "escape_sequences"`
	f(text, "uri.uri:match(line)", "http://", "a%20", "\x00")
	f(text, "uri.uri:match(line)", "http://", "1.", "\x00")
	f(text, "uri.url_query:match(line)", "", "a=b&", "#")
	f(text, "logfmt.grammar:match(line)", "", `a="`, "")
	f(text, "logfmt.grammar:match(line)", "", "a b=", "")
	f(text, "es.escape_json(line)", "", "/", "")

	mysql := `local mysql = require "mysql"`
	f(mysql, "mysql.slow_query_grammar:match(line)", "# User@Host: a[a] @ b [c]\n# Query_time: 1 ", "Schema: ", "\n")
	f(mysql, "mysql.slow_query_grammar:match(line)", "# User@Host: a[a] @ b [c]\n# Query_time: 1\nSET ", "a=1,", ";")
	f(mysql, "mysql.short_slow_query_grammar:match(line)", "# Query_time: 1\n", "# a: b\n", "")

	syslog := `local syslog = require "syslog"
local g = syslog.build_rsyslog_grammar('%HOSTNAME% %structured-data% %syslogtag% %msg%\n')`
	f(syslog, "g:match(line)", "h ", "[a=\"", "")
	f(syslog, "g:match(line)", "h - ", "a[", "")
	f(syslog, "g:match(line)", "h - a", " ", "")

	linux := func(program, head, unit, tail string) {
		t.Helper()
		f(`local g = require("lpeg.linux.`+program+`").syslog_grammar`, "g:match(line)", head, unit, tail)
	}
	linux("cron", "(root) CMD (", ")  ", "x")
	linux("sshd", "Accepted publickey for ", " from a", "")
	linux("sudo", "a", " ; A", "")
	linux("puppet_agent", "(", "/a[b[c]", "")
	linux("puppet_agent", "(", "/a", "")
	linux("puppet_agent", "(", "[", "")
	linux("kernel", "[1.0] ", "IN", "")
	linux("kernel", "[1.0] IN= OUT= SRC=::1 DST=::1 ", "LEN=1 ", "")
	linux("named", "", " resolving ", "")
	linux("named", "zone a/IN: ", " (serial 1", "")
	linux("pam", "pam_unix(a:b): session opened for user a by ", "(uid=", "")
	linux("dhcpd", "DHCPACK", " to 1.2.3.4", "")
}
