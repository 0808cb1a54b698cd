package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"heka/lib/session"
)

// tester runs sessions and tells of them.
type tester struct {
	*session.Runner
	update, verbose, color bool
	out                    io.Writer
}

// Verdict is what came of one session.
type Verdict struct {
	Wrong   string // lines that say what is wrong; empty if nothing is
	Updated bool   // the file was rewritten

	path     string
	commands int
	err      error // ctx's: the session was not run to its end
}

// One runs the session in the file path, and rewrites that with what comes out if
// update is true. It may be called by several goroutines at once, but with update not
// for one file.
func One(ctx context.Context, r *session.Runner, path string, update bool) Verdict {
	t := &tester{Runner: r, update: update}
	v := t.one(ctx, path)
	if v.err != nil {
		v.Wrong = fmt.Sprintf("%s: %v\n", path, v.err)
	}
	return v
}

// all runs the sessions, jobs at once, and tells of them in their order. It is false
// if one has failed.
func (t *tester) all(ctx context.Context, paths []string, jobs int) (bool, error) {
	verdicts := make([]chan Verdict, len(paths))
	for i := range verdicts {
		verdicts[i] = make(chan Verdict, 1)
	}
	next := make(chan int, len(paths))
	for i := range paths {
		next <- i
	}
	close(next)
	for range min(jobs, len(paths)) {
		go func() {
			for i := range next {
				verdicts[i] <- t.one(ctx, paths[i])
			}
		}()
	}
	failed, updated := 0, 0
	var err error
	for i := range verdicts { // all, so that none runs on
		v := <-verdicts[i]
		if err = errors.Join(err, v.err); err != nil {
			continue
		}
		err = t.tell(v)
		if v.Updated {
			updated++
		}
		if v.Wrong != "" {
			failed++
		}
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return false, err
	}
	_, err = fmt.Fprintln(t.out, summary(len(paths), failed, updated))
	return failed == 0, err
}

func summary(all, failed, updated int) string {
	s := fmt.Sprintf("%d sessions", all)
	if all == 1 {
		s = "1 session"
	}
	if updated > 0 {
		s += fmt.Sprintf(", %d updated", updated)
	}
	return s + fmt.Sprintf(", %d failed", failed)
}

// tell writes what came of one session.
func (t *tester) tell(v Verdict) error {
	var b strings.Builder
	b.WriteString(v.Wrong)
	switch {
	case v.Updated:
		fmt.Fprintf(&b, "updated %s\n", v.path)
	case v.Wrong != "" && t.verbose:
		fmt.Fprintf(&b, "failed  %s\n", v.path)
	case t.verbose:
		plural := "s"
		if v.commands == 1 {
			plural = ""
		}
		fmt.Fprintf(&b, "ok      %s: %d command%s\n", v.path, v.commands, plural)
	}
	_, err := io.WriteString(t.out, b.String())
	return err
}

// one runs one session.
func (t *tester) one(ctx context.Context, path string) Verdict {
	v := Verdict{path: path}
	if v.err = ctx.Err(); v.err != nil {
		return v
	}
	text, err := read(path)
	if err != nil {
		v.Wrong = err.Error() + "\n"
		return v
	}
	s, err := session.Parse(path, text)
	if err != nil {
		v.Wrong = err.Error() + "\n"
		return v
	}
	v.commands = len(s.Commands)
	got, err := t.Run(ctx, s)
	if v.err = ctx.Err(); v.err != nil {
		return v
	}
	if err == nil && t.update {
		if s, err = update(s, text, got, &v); err != nil {
			err = fmt.Errorf("update: %w", err)
		}
	}
	if err != nil {
		v.Wrong = fmt.Sprintf("%s: %v\n", path, err)
		return v
	}
	for i, c := range s.Commands {
		v.Wrong += s.Check(c, got[i], t.color)
	}
	return v
}

// read returns the text of a session, or so much of it that it is seen to be too
// long.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, session.MaxSize+1))
}

// update rewrites what s wants, if it got something else, and returns it as it is
// then.
func update(s *session.Session, text []byte, got []session.Outcome, v *Verdict) (*session.Session, error) {
	var results []session.Result
	for i := range s.Commands {
		r := got[i].Result
		if !got[i].Ran {
			r.Failure = errors.New("not run")
		}
		results = append(results, r)
	}
	now := s.Update(results)
	if bytes.Equal(now, text) {
		return s, nil
	}
	changed, err := session.Parse(s.Name, now)
	if err != nil {
		return s, err
	}
	if err := replace(s.Name, now); err != nil {
		return s, err
	}
	v.Updated = true
	return changed, nil
}

// replace puts text into a file, all or nothing of it; where path is a link, into
// what it leads to.
func replace(path string, text []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".heka-test*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // in vain once it is renamed
	_, err = f.Write(text)
	if cerr := f.Chmod(info.Mode().Perm()); err == nil {
		err = cerr
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
