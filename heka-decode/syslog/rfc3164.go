package syslog

import (
	"bytes"

	"heka/heka-decode/internal/stamp"
	"heka/lib/msg"
)

// rfc3164 reads what stands behind the priority of a line of RFC 3164, and returns
// the message in it. As they come:
//
//	Oct 11 22:14:15 host tag[pid]: message
//	Oct 11 2026 22:14:15.123 UTC: message          (a year, a fraction, a zone)
//	2026-10-11T22:14:15.123+02:00 host tag: message
//	4711: host: *Oct 11 22:14:15.123: %SYS-5-CONFIG_I: message     (Cisco)
//	tag: message                                   (no time: only behind a priority)
func (d *decoder) rfc3164(b *msg.Builder, s []byte, priority bool) ([]byte, error) {
	if priority {
		s = d.cisco(b, s)
	}
	n, colon := d.time(b, s)
	if n == 0 {
		if !priority {
			return nil, errNoSyslog
		}
		return d.tag(b, s), nil
	}
	s = bytes.TrimLeft(s[n:], " ")
	if colon {
		return d.tag(b, s), nil
	}
	// A host, unless the word is a tag already.
	i := bytes.IndexByte(s, ' ')
	if i < 0 {
		i = len(s)
	}
	if i > 0 && s[i-1] != ':' && !(s[i-1] == ']' && bytes.IndexByte(s[:i], '[') > 0) {
		b.Hostname = s[:i]
		s = bytes.TrimLeft(s[i:], " ")
	}
	return d.tag(b, s), nil
}

// cisco goes over the sequence number and the host that devices put before the time,
// with a colon behind each, and over the mark of a clock that is not set.
func (d *decoder) cisco(b *msg.Builder, s []byte) []byte {
	rest := s
	i := 0
	for i < len(rest) && rest[i]-'0' <= 9 {
		i++
	}
	if i > 0 && i+1 < len(rest) && rest[i] == ':' && rest[i+1] == ' ' {
		rest = rest[i+2:]
	}
	var host []byte
	if i = bytes.Index(rest, colonSpace); i > 0 && bytes.IndexByte(rest[:i], ' ') < 0 {
		host, rest = rest[:i], rest[i+2:]
	}
	if len(rest) > 0 && (rest[0] == '*' || rest[0] == '.') {
		rest = rest[1:]
	}
	if !startsTime(rest) {
		return s
	}
	if host != nil {
		b.Hostname = host
	}
	return rest
}

var colonSpace = []byte(": ")

func startsTime(s []byte) bool {
	var c stamp.Civil
	if _, n := stamp.PrefixRFC3339(s, nil); n > 0 {
		return true
	}
	return stamp.Syslog(s, &c) > 0
}

// time reads the time at the start of s and returns the number of bytes it takes, 0
// if there is none; colon says that a colon ended it, which is how devices do that
// name no host behind it.
func (d *decoder) time(b *msg.Builder, s []byte) (n int, colon bool) {
	if len(s) > 0 && s[0]-'0' <= 9 {
		if ns, n := stamp.PrefixRFC3339(s, d.loc); n > 0 {
			return d.ended(b, s, n, ns)
		}
	}
	var c stamp.Civil
	if n = stamp.Syslog(s, &c); n == 0 {
		return 0, false
	}
	n += stamp.Fraction(s[n:], &c)
	n += zone(s[n:], &c)
	var ns int64
	var ok bool
	if c.Year == 0 {
		ns, ok = c.UnixNear(d.loc, b.Timestamp)
	} else {
		ns, ok = c.Unix(d.loc)
	}
	if !ok {
		return 0, false
	}
	return d.ended(b, s, n, ns)
}

// ended takes ns as the time if it ends at s[n:].
func (d *decoder) ended(b *msg.Builder, s []byte, n int, ns int64) (int, bool) {
	if n < len(s) && s[n] == ':' {
		b.Timestamp = ns
		return n + 1, true
	}
	if n < len(s) && s[n] != ' ' {
		return 0, false
	}
	b.Timestamp = ns
	return n, false
}

// zone reads " UTC", " +0200" or the like at the start of s. The names of zones
// other than UTC say too little: the time is of the place that was asked for.
func zone(s []byte, c *stamp.Civil) int {
	if n := stamp.Zone(s, c); n > 0 {
		return n
	}
	i := 1
	for i < len(s) && s[i]-'A' < 26 {
		i++
	}
	if i < 4 || i > 6 || s[0] != ' ' || i < len(s) && s[i] != ':' && s[i] != ' ' {
		return 0
	}
	switch string(s[1:i]) {
	case "UTC", "GMT":
		c.Zoned = true
		return i
	}
	if i < len(s) && s[i] == ':' {
		return i
	}
	return 0
}

// tag reads "program: ", "program[pid]: " or "%FAC-5-NAME: " at the start of s and
// returns what stands behind it; s itself if there is no tag.
func (d *decoder) tag(b *msg.Builder, s []byte) []byte {
	i := 0
	for i < len(s) && s[i] > ' ' && s[i] != ':' && s[i] != '[' {
		i++
	}
	if i == 0 || i == len(s) {
		return s
	}
	name, pid := s[:i], []byte(nil)
	if s[i] == '[' {
		n := bytes.IndexByte(s[i:], ']')
		if n < 0 || i+n+1 < len(s) && s[i+n+1] != ':' && s[i+n+1] != ' ' ||
			bytes.IndexByte(s[i:i+n], ' ') >= 0 {
			return s
		}
		pid = s[i+1 : i+n]
		i += n + 1
	} else if s[i] != ':' {
		return s
	}
	if i < len(s) && s[i] == ':' {
		i++
	}
	if pid == nil && i < len(s) && s[i] != ' ' {
		return s // a word with a colon in it, as in a URL
	}
	program(b, name)
	process(b, pid)
	if i < len(s) && s[i] == ' ' {
		i++
	}
	return s[i:]
}
