package session

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Mode says how commands are run.
type Mode int

// The modes.
const (
	Both  Mode = iota // as processes joined by pipes, and fused by heka run where it can
	Pipes             // as processes alone
	Fused             // fused where heka run can, else as processes
)

// Runner runs sessions. Run may be called by several goroutines at once.
type Runner struct {
	Timeout time.Duration // for each command; the session ends at the first that takes longer
	Mode    Mode

	heka string // the program that runs fused; empty: there is none
	path string // folders in front of PATH
	dir  string // of links to heka
}

// NewRunner returns a runner of the programs in the folder bin. heka is the path of
// the program heka; if it is empty, it is looked for in bin and on the PATH. Those of
// our programs that are not in bin are heka by another name. The caller closes it.
func NewRunner(bin, heka string) (*Runner, error) {
	r := &Runner{Timeout: time.Minute}
	if heka == "" {
		heka = find(bin)
	}
	dir, err := os.MkdirTemp("", "heka-test")
	if err != nil {
		return nil, err
	}
	r.dir, r.heka, r.path = dir, heka, bin+string(filepath.ListSeparator)+dir
	if heka == "" {
		return r, nil
	}
	for _, name := range append(Programs(), "heka") {
		if _, err := os.Stat(filepath.Join(bin, name)); err == nil {
			continue
		}
		if err := os.Symlink(heka, filepath.Join(dir, name)); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return r, nil
}

// find returns the path of heka, empty if there is none.
func find(bin string) string {
	if path := filepath.Join(bin, "heka"); executable(path) {
		return path
	}
	path, err := exec.LookPath("heka")
	if err != nil {
		return ""
	}
	if path, err = filepath.Abs(path); err != nil {
		return ""
	}
	return path
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// HasHeka reports whether commands can be fused.
func (r *Runner) HasHeka() bool { return r.heka != "" }

// Close removes what NewRunner made.
func (r *Runner) Close() error { return os.RemoveAll(r.dir) }

// Outcome is what one command came to.
type Outcome struct {
	Result         // by the first way in which it was run
	Again  *Result // the other way; nil if it was run in one alone
	Ran    bool    // false behind a command that took too long
}

// Run runs the commands of s, one after the other, in a folder of the session's own
// that has copies of the files beside it and those that it brings along. For mode
// Both all is done once more in a fresh folder, fused, if that makes a difference.
// There is an outcome for each command; the error is that the session could not be
// run at all, or ctx's.
func (r *Runner) Run(ctx context.Context, s *Session) ([]Outcome, error) {
	root, err := os.MkdirTemp("", "heka-test")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(root)
	if root, err = filepath.EvalSymlinks(root); err != nil { // as the shell's pwd has it
		return nil, err
	}
	out := make([]Outcome, len(s.Commands))
	first, err := r.pass(ctx, filepath.Join(root, "a"), s, r.Mode == Fused)
	if err != nil {
		return nil, err
	}
	for i := range first {
		out[i].Result, out[i].Ran = first[i], true
	}
	if r.Mode != Both || r.heka == "" || len(first) < len(out) || !anyFusible(s) {
		return out, nil
	}
	second, err := r.pass(ctx, filepath.Join(root, "b"), s, true)
	if err != nil {
		return nil, err
	}
	for i := range second {
		out[i].Again = &second[i]
	}
	return out, nil
}

func anyFusible(s *Session) bool {
	return slices.ContainsFunc(s.Commands, func(c Command) bool { return Fusible(c.Text) })
}

// pass runs the commands in a new folder. It returns fewer results than there are
// commands if one took too long.
func (r *Runner) pass(ctx context.Context, dir string, s *Session, fused bool) ([]Result, error) {
	if err := fill(dir, s); err != nil {
		return nil, err
	}
	sh := Shell{Dir: dir, Env: r.env(filepath.Dir(dir)), Timeout: r.Timeout}
	var all []Result
	for _, c := range s.Commands {
		words := []string{"sh", "-c", c.Text}
		if fused && r.heka != "" && Fusible(c.Text) {
			words = []string{r.heka, "run", c.Text}
		}
		got := tidy(sh.Run(ctx, words...), dir)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if all = append(all, got); errors.Is(got.Failure, errLate) {
			break
		}
	}
	return all, nil
}

// env returns the environment of commands: this process's without what would make
// their answers those of this machine.
func (r *Runner) env(home string) []string {
	env := slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "HEKA_") })
	return append(env,
		"PATH="+r.path+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"HEKA_HOSTNAME=host.example", "HEKA_CLOCK=data", "TZ=UTC", "LC_ALL=C", "NO_COLOR=1",
		"COLUMNS=100", "HOME="+home, "TMPDIR="+home)
}
