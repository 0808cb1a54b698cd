package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// scene is a world for a program in which some rows are measured.
type scene struct {
	name  string
	about string // what its rows do not say
	rows  []*row
	once  []*row // measured by setup
	setup func() error
	run   func() error // once; adds a value to each row
	done  func()       // ends what setup and run have left; nil: nothing
}

// ground is where scenes find the programs and keep their files.
type ground struct {
	bin, dir string
	size     int64 // of the large file
	history  int   // files of the log that has been rotated
	backlog  int64 // bytes of the spool that a daemon starts with
}

func (g ground) path(name string) string { return filepath.Join(g.dir, name) }

// fresh returns the name of an empty folder, which is called name.
func (g ground) fresh(name string) (string, error) {
	path := g.path(name)
	if err := os.RemoveAll(path); err != nil {
		return "", err
	}
	return path, os.Mkdir(path, 0o755)
}

// benchTail measures heka-tail on files and prints the table. Scenes follow each
// other; in each, what is compared takes turns.
func benchTail(bin string, runs int, only string, size, history int) error {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "heka-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	g := ground{bin: bin, dir: dir, size: 2 * int64(size) << 20, history: history}
	return g.playAll([]func(ground) *scene{cold, grow, many, arrival, resume, restart}, runs, only)
}

// playAll plays the scenes whose names contain only, and prints their rows.
func (g ground) playAll(all []func(ground) *scene, runs int, only string) error {
	var rows []*row
	var about []string
	for _, make := range all {
		s := make(g)
		if !strings.Contains(s.name, only) {
			continue
		}
		err := s.play(runs)
		if s.done != nil {
			s.done()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		rows = append(append(rows, s.rows...), s.once...)
		if s.about != "" {
			about = append(about, s.about)
		}
		for _, name := range []string{"files", "state"} {
			if err := os.RemoveAll(g.path(name)); err != nil {
				return err
			}
		}
	}
	table(os.Stdout, rows)
	for _, line := range about {
		fmt.Println(line)
	}
	return nil
}

// play runs s once to warm up, if it is to be run more than once, and then so often.
func (s *scene) play(runs int) error {
	if err := s.setup(); err != nil {
		return err
	}
	warm := runs > 1
	for run := 0; run < runs || warm; run++ {
		fmt.Fprintf(os.Stderr, "%s, run %d\n", s.name, run+1)
		if err := s.run(); err != nil {
			return err
		}
		if warm {
			run, warm = -1, false
			for _, r := range s.rows {
				r.values, r.cpu, r.peak = nil, nil, nil
			}
		}
	}
	return nil
}
