package prog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"heka/lib/oneliner"
	"heka/lib/stage"
)

// Fuse runs a one-liner of our programs in this process, and returns the exit
// status: the stages hand each other batches where a shell would put pipes.
func Fuse(wings []Wing, line string) int {
	tuneMemory()
	commands, calls, err := parseLine(wings, line)
	if err != nil {
		return report("heka run", err)
	}
	stdin, stdout := os.Stdin, os.Stdout
	if name := calls[0].In; name != "" {
		if stdin, err = os.Open(name); err != nil {
			return report("heka run", err)
		}
		defer stdin.Close()
	}
	if last := calls[len(calls)-1]; last.Out != "" {
		mode := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
		if last.Append {
			mode = os.O_CREATE | os.O_WRONLY | os.O_APPEND
		}
		if stdout, err = os.OpenFile(last.Out, mode, 0o666); err != nil {
			return report("heka run", err)
		}
		defer stdout.Close()
	}
	return execute("heka run", commands, stdin, stdout)
}

// parseLine works out what the commands of a one-liner mean. All mistakes of all
// commands are returned at once.
func parseLine(wings []Wing, line string) ([]*Command, []oneliner.Command, error) {
	calls, err := oneliner.Parse(line)
	if err != nil {
		return nil, nil, &stage.UsageError{Msg: err.Error()}
	}
	var commands []*Command
	var errs []error
	for i, call := range calls {
		c, err := parseCall(wings, call)
		if err == nil {
			err = c.fits(i, len(calls), call)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		commands = append(commands, c)
	}
	return commands, calls, errors.Join(errs...)
}

// parseCall works out what one command means.
func parseCall(wings []Wing, call oneliner.Command) (*Command, error) {
	name := filepath.Base(call.Words[0])
	words := call.Words[1:]
	if name == "heka" && len(words) > 0 {
		name, words = "heka-"+words[0], words[1:]
	}
	for _, w := range wings {
		if w.Name != name {
			continue
		}
		c, err := w.Parse(words, io.Discard)
		if err != nil {
			return nil, prefix(name, err)
		}
		if c == nil {
			return nil, &stage.UsageError{Msg: name + ": --help stands in a pipeline", Hint: "give it alone"}
		}
		return c, nil
	}
	return nil, &stage.UsageError{
		Msg:  fmt.Sprintf("column %d: %s is none of heka's programs", call.Col, call.Words[0]),
		Hint: "heka run joins those alone: give the line to a shell without it",
	}
}

// prefix puts the program's name before each mistake of a command.
func prefix(name string, err error) error {
	var all []error
	for _, e := range unjoin(err) {
		all = append(all, &stage.UsageError{Msg: name + ": " + e.Error()})
	}
	return errors.Join(all...)
}

// fits reports whether a command can stand where it stands.
func (c *Command) fits(i, n int, call oneliner.Command) error {
	mistake := ""
	switch {
	case i > 0 && c.Wing.Role == Source:
		mistake = "reads no messages: it can only come first"
	case i > 0 && (len(c.Files) > 0 || call.In != ""):
		mistake = "reads a file: it can only come first"
	case i < n-1 && c.Wing.Role == Sink:
		mistake = "passes nothing on: it can only come last"
	case i < n-1 && call.Out != "":
		mistake = "writes to a file: it can only come last"
	case i < n-1 && c.opt.format != "" && c.opt.format != "heka":
		mistake = "has -o " + c.opt.format + ": what comes behind it reads messages"
	default:
		return nil
	}
	return &stage.UsageError{Msg: fmt.Sprintf("column %d: %s %s", call.Col, c.Wing.Name, mistake)}
}
