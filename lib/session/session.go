// Package session reads and runs golden sessions: files that read as a terminal
// does, with commands and what these are to write.
//
//	# Comments and blank lines stand between commands.
//	$ heka-decode json app.log | heka-filter count by .status -o logfmt --flat
//	status=200 count=5
//	$ heka-filter where 'Type =='
//	heka-filter: where: the expression ends too early
//	[status 2]
//	-- app.log --
//	{"status":200}
//
// A command is a line that starts with "$ "; one that ends in a backslash goes on in
// the next, which starts with "> ". Behind it stands what it writes, stdout before
// stderr, and its exit status if that is not 0. Files in the form of txtar come last.
// Of what stands in front of the next command, of the files or of the end, blank
// lines and those that start with # are nobody's output. A backslash at the start
// of a line of output is left out, so that what would be misread can be written:
// "\$ 5", "\# none", "\-- a --", "\[status 1]", and "\" for a blank line at the end.
//
// Parse reads one, Runner.Run runs it, Check says what is not as it should be, and
// Session.Update rewrites it.
package session

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Suffix is what the names of sessions end in.
const Suffix = ".session"

// MaxSize is the size of the largest session that Parse reads, in bytes.
const MaxSize = 4 << 20

// Session is one file.
type Session struct {
	Name     string    // of the file; it stands in errors
	Commands []Command // one or more
	Files    []File
	text     []byte
}

// Command is a command and what is wanted of it.
type Command struct {
	Line   int    // of the file, from 1
	Text   string // for sh; more than one line if it goes on
	Want   string // what it is to write, ended by a newline if it is anything
	Status int    // with which it is to exit

	from, to int // where Want stands in the file, escaped, with the line of the status
}

// File is a file that a session brings along.
type File struct {
	Name string // relative, separated by slashes
	Data []byte // part of the text of the session
}

// Result is what a command came to.
type Result struct {
	Out, Err string
	Status   int // of exit; 128 + N if signal N ended it, as shells have it

	// Failure says why there is no answer to compare: the command did not end in
	// time, wrote too much, or wrote no text. It is nil if there is one.
	Failure error
}

// Text returns what the command wrote, as a session has it, without the status and
// unescaped.
func (r Result) Text() string { return ended(r.Out) + ended(r.Err) }

// Is reports whether r is what c wants. The lines of stderr may come in any order:
// each program of a pipeline writes there when it likes.
func (r Result) Is(c Command) bool {
	if r.Failure != nil || r.Status != c.Status {
		return false
	}
	rest, ok := strings.CutPrefix(c.Want, ended(r.Out))
	return ok && (rest == ended(r.Err) || slices.Equal(sorted(rest), sorted(ended(r.Err))))
}

func sorted(text string) []string {
	all := strings.SplitAfter(text, "\n")
	slices.Sort(all)
	return all
}

// whole returns text and status as lines.
func whole(text string, status int) string {
	if status != 0 {
		return text + statusLine(status)
	}
	return text
}

func statusLine(status int) string { return fmt.Sprintf("[status %d]\n", status) }

// parseStatus reads what statusLine writes, without the newline.
func parseStatus(line string) (int, bool) {
	digits, ok := strings.CutPrefix(line, "[status ")
	digits, closed := strings.CutSuffix(digits, "]")
	n, err := strconv.Atoi(digits)
	return n, ok && closed && err == nil && n >= 1 && n <= 255 && strconv.Itoa(n) == digits
}

func ended(s string) string {
	if s != "" && !strings.HasSuffix(s, "\n") {
		return s + "\n"
	}
	return s
}

// Update returns the text of the session with what the commands came to, got[i] for
// Commands[i]. Every byte that is no output stays, and so does the output of a
// command that wrote what was wanted, or has failed.
func (s *Session) Update(got []Result) []byte {
	var out bytes.Buffer
	at := 0
	for i, c := range s.Commands {
		if got[i].Failure != nil || got[i].Is(c) {
			continue
		}
		out.Write(s.text[at:c.from])
		if c.from > 0 && s.text[c.from-1] != '\n' {
			out.WriteByte('\n')
		}
		out.WriteString(escape(got[i].Text(), got[i].Status))
		at = c.to
	}
	out.Write(s.text[at:])
	return out.Bytes()
}

// escape returns output and status as they stand in a session.
func escape(text string, status int) string {
	if text == "" {
		return whole("", status)
	}
	var b strings.Builder
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, l := range lines {
		last := i == len(lines)-1 && status == 0
		_, isStatus := parseStatus(l)
		if strings.HasPrefix(l, "$ ") || strings.HasPrefix(l, `\`) || fileName(l) != "" ||
			last && (isStatus || isComment(l)) {
			b.WriteByte('\\')
		}
		b.WriteString(l)
		b.WriteByte('\n')
	}
	return whole(b.String(), status)
}

// isComment reports whether a line between commands is nobody's output.
func isComment(line string) bool {
	return strings.HasPrefix(line, "#") || strings.TrimSpace(line) == ""
}

// fileName returns the name in a line "-- name --"; empty if it is none.
func fileName(line string) string {
	name, ok := strings.CutPrefix(line, "-- ")
	name, closed := strings.CutSuffix(name, " --")
	if !ok || !closed {
		return ""
	}
	return strings.TrimSpace(name)
}
