package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// rotatedSize is the size of each file of the history of a log. It has a line at its
// start and one at its end, and a hole between the two.
const rotatedSize = 20e6

// resumed is a way to follow a log that has a history.
type resumed struct {
	begin *row // the first run, which starts at the ends
	row   *row
	busy  *row // what it costs then to follow it
	args  []string
	state string
}

func newResumed(name string, ref *row, args ...string) *resumed {
	return &resumed{
		begin: &row{name: name + ", first run", unit: "ms", per: "s"},
		row:   &row{name: name, unit: "ms", per: "s", versus: ref, aim: &aim{bound: 1000}},
		busy:  &row{name: name + ", then", unit: "% of a core"},
		args:  args,
		state: name,
	}
}

// resume follows a log with a history from where an earlier run was stopped, and says
// how long the first line takes that was written since.
func resume(g ground) *scene {
	dir := g.path("files")
	ref := &row{name: "history, find", unit: "ms", shown: "find dir -printf %s"}
	match := []string{"--file-match", `app\.log\.?(?P<Seq>\d*)`, "--priority", "^Seq",
		"--translate", "Seq:missing=0"}
	all := []*resumed{
		newResumed("history", ref, dir+"/app.log"),
		newResumed("history, glob", ref, dir+"/app.log*"),
		newResumed("history, --file-match", ref, append(match, dir)...),
	}
	all[0].row.shown = "heka-tail -f --state s dir/app.log"
	all[1].row.shown = "heka-tail -f --state s 'dir/app.log*'"
	all[2].row.shown = "heka-tail -f --state s " + strings.Join(match, " ") + " dir"
	s := &scene{name: "resume", rows: []*row{ref}}
	s.about = fmt.Sprintf(
		"history: %d files of %g MB each, nearly all of it holes; then 200 lines a second",
		g.history, rotatedSize/1e6)
	for _, way := range all {
		s.rows = append(s.rows, way.row)
		s.once = append(s.once, way.begin)
	}
	for _, way := range all {
		s.rows = append(s.rows, way.busy)
	}
	var log *os.File
	mark := 0
	s.setup = func() (err error) {
		if log, err = g.makeHistory(); err != nil {
			return err
		}
		for _, way := range all {
			if err := g.first(way, log); err != nil {
				return fmt.Errorf("%s: %w", way.begin.name, err)
			}
		}
		return nil
	}
	s.run = func() error {
		w := workload{pipe: [][]string{{"find", dir, "-printf", "%s\n"}}}
		res, err := w.run(g.bin)
		if err != nil {
			return err
		}
		ref.add(res.wall.Seconds()*1e3, 0, 0)
		for _, way := range all {
			mark++
			if err := g.again(way, log, mark); err != nil {
				return fmt.Errorf("%s: %w", way.row.name, err)
			}
		}
		return nil
	}
	return s
}

// first lets a first run of way note where the files end.
func (g ground) first(way *resumed, log *os.File) error {
	state, err := g.fresh(way.state)
	if err != nil {
		return err
	}
	args := append([]string{"-f", "-n", "0", "--state", state}, way.args...)
	p, err := launch(g.bin, "heka-tail", args...)
	if err != nil {
		return err
	}
	defer p.end(unix.SIGTERM)
	if err := p.reach(log); err != nil {
		if !errors.Is(err, errLate) {
			return err
		}
		way.begin.add(math.Inf(1), 0, 0)
		p.cmd.Process.Kill()
		return nil
	}
	took := time.Since(p.began)
	cpu, peak, err := p.spent()
	way.begin.add(took.Seconds()*1e3, cpu, peak)
	return err
}

// again appends a line and times how long way needs for it.
func (g ground) again(way *resumed, log *os.File, mark int) error {
	if math.IsInf(way.begin.values[0], 1) { // there are no positions
		way.row.add(math.Inf(1), 0, 0)
		way.busy.add(math.Inf(1), 0, 0)
		return nil
	}
	if _, err := log.Write(appendMark(nil, mark)); err != nil {
		return err
	}
	args := append([]string{"-f", "--state", g.path(way.state)}, way.args...)
	p, err := launch(g.bin, "heka-tail", args...)
	if err != nil {
		return err
	}
	defer p.end(unix.SIGTERM)
	at, err := p.await(mark, time.Minute)
	if err != nil {
		return err
	}
	cpu, peak, err := p.spent()
	if err != nil {
		return err
	}
	way.row.add(at.Sub(p.began).Seconds()*1e3, cpu, peak)
	var werr error
	share, err := p.share(func() { werr = writeTo([]*os.File{log}, 200) })
	way.busy.add(share, 0, 0)
	return errors.Join(err, werr)
}

// makeHistory makes the files, and returns that which is in use.
func (g ground) makeHistory() (log *os.File, err error) {
	dir, err := g.fresh("files")
	if err != nil {
		return nil, err
	}
	for i := g.history - 1; i > 0; i-- {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("app.log.%d", i)))
		if err != nil {
			return nil, err
		}
		line := fmt.Appendf(nil, "the first line of %06d\n", i)
		if _, err = f.Write(line); err == nil {
			line = fmt.Appendf(nil, "\nthe last line of %06d\n", i)
			_, err = f.WriteAt(line, rotatedSize-int64(len(line)))
		}
		f.Close()
		if err != nil {
			return nil, err
		}
	}
	return os.OpenFile(filepath.Join(dir, "app.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
}
