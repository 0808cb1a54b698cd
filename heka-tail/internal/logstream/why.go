package logstream

import (
	"fmt"
	"strconv"
	"strings"
)

// Why tells a person what the order of a file was made of, group by group:
//
//	Year 2026, MonthName Oct = 10, newest first Seq missing = 0
//
// It is empty if the file does not match, or there is no priority. What has no number
// stands with a question mark for it.
func (l *Layout) Why(path string) string {
	subject := l.subject(path)
	at := l.match.FindStringSubmatchIndex(subject)
	if at == nil {
		return ""
	}
	var b strings.Builder
	for i, k := range l.keys {
		if i > 0 {
			b.WriteString(", ")
		}
		if k.descending {
			b.WriteString("newest first ")
		}
		t := text(subject, at, k.groups)
		number := "?"
		if n, err := k.number(t); err == nil {
			number = strconv.Itoa(n)
		}
		if t == "" {
			t = missing
		}
		fmt.Fprintf(&b, "%s %s", k.group, visible(t))
		if t != number {
			b.WriteString(" = " + number)
		}
	}
	return b.String()
}
