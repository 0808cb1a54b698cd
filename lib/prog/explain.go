package prog

import (
	"fmt"
	"os"
	"strings"

	"heka/lib/stage"
)

// explain says what each command of a one-liner would do, and reads nothing.
func (f Front) explain(args []string) int {
	if len(args) != 1 {
		return report("heka explain", &stage.UsageError{Msg: "want the pipeline as one word"})
	}
	commands, calls, err := parseLine(f.Wings, args[0])
	if err != nil {
		return report("heka explain", err)
	}
	for i, c := range commands {
		fmt.Printf("%d  %s\n", i+1, strings.Join(calls[i].Words, " "))
		fmt.Printf("   %s: %s\n", c.Wing.Name, title(c.Wing.Doc))
		for _, k := range c.kinds {
			fmt.Printf("   %s: %s\n", k.Name, title(k.Doc))
		}
		for _, l := range c.wiring(i == 0) {
			fmt.Printf("   %s\n", l)
		}
	}
	last := commands[len(commands)-1]
	if last.Wing.Role != Sink {
		format := last.opt.format
		if format == "" {
			format = "records to a pipe or file, tables and coloured lines to a terminal"
		}
		fmt.Fprintf(os.Stdout, "=> stdout: %s\n", format)
	}
	return ExitOK
}

// wiring says where a command reads, and how its stages run.
func (c *Command) wiring(first bool) []string {
	var lines []string
	switch {
	case !first || c.Wing.Role == Source:
	case len(c.Files) > 0:
		lines = append(lines, "reads "+strings.Join(c.Files, ", "))
	default:
		lines = append(lines, "reads stdin: records, Heka's framing, or lines of text")
	}
	for _, st := range c.Stages {
		if _, ok := st.(stage.Parallel); ok {
			lines = append(lines, "runs in parallel lanes, in the order of the input")
		}
		if t, ok := st.(stage.Ticking); ok && t.Every() > 0 {
			lines = append(lines, fmt.Sprintf("a window every %gs of the %s clock",
				float64(t.Every())/1e9, c.opt.clock))
		}
	}
	if c.opt.fail != "" {
		lines = append(lines, "what it can't process goes to "+c.opt.fail)
	}
	return lines
}
