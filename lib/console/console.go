// Package console shows messages to a person, on a terminal or, without colour
// unless asked for and without redrawing, in a file or pipe.
//
// What it shows of a message depends on what the message is:
//
//	event    a line: time, severity if it is set, type, payload, fields as
//	         key=value; heka.error at the end, in red. A line before the first
//	         event of each day has the date. Lines are never cut.
//	result   a row of a table: messages of the types heka.count, heka.top, heka.rate,
//	         heka.stats, heka.hist and heka.uniq, and runs of others whose type starts
//	         with "heka." and that have the same fields and no payload.
//
//	chart   a strip for each column of a circular buffer: messages whose field
//	        payload_type is cbuf, and whose payload is one.
//
// A table has the columns of all its rows, numbers to the right. The first column
// whose representation is "count" (or, without one, "%") is drawn as a bar in the
// room that is left. A row with the field approximate has "~" before that number.
// On a terminal text is cut in the middle where the table would be too wide. The
// table of a window has a line with the time above it; windows of one row each
// share a table in which the time is a column.
//
// Interim batches are snapshots: a terminal shows the last one below all else,
// drawn over the one before, until the result takes its place. Elsewhere they are
// left out.
//
// All text of messages goes through encode.AppendVisible: nothing in a message
// acts on the terminal.
package console

import (
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"heka/lib/stage"
)

// New returns the sink that shows messages on f, in colour if color is true. It
// redraws snapshots in place if f is a terminal that can move its cursor. Bars are
// made of blocks on a terminal whose locale is of UTF-8, else of '#'. What is not a
// terminal is as wide as COLUMNS says, else 80.
func New(env *stage.Env, f *os.File, color bool) stage.Stage {
	fd := int(f.Fd())
	screen := term.IsTerminal(fd)
	k := look{
		color: color, screen: screen, unicode: screen && utf8Locale(os.Getenv),
		loc: env.Location(), width: columns(os.Getenv("COLUMNS")), height: 24,
	}
	size := func() (width, height int) { return k.width, k.height }
	if screen {
		size = func() (width, height int) {
			w, h, err := term.GetSize(fd)
			if err != nil || w <= 0 || h <= 0 {
				return k.width, k.height
			}
			return w, h
		}
	}
	return newSink(env, f, k, screen && os.Getenv("TERM") != "dumb", size)
}

// columns reads the variable COLUMNS.
func columns(s string) int {
	if n, err := strconv.Atoi(s); err == nil && n > 0 && n <= 10_000 {
		return n
	}
	return 80
}

// utf8Locale reports whether the environment names a locale of UTF-8, in the order
// in which locale(7) says that the variables count.
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

// newSink returns the sink that writes to w. With live it redraws; size tells how
// large the terminal is now.
func newSink(env *stage.Env, w io.Writer, k look, live bool, size func() (int, int)) *sink {
	return &sink{env: env, k: k, live: live, screen: screen{w: w, size: size, env: env}}
}
