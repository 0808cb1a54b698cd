// Command heka-bench measures the programs on seeded inputs, beside wc and mawk on
// the same files in the same run, and prints a table. scripts/bench builds the
// programs and calls it; nothing else needs it.
//
//	heka-bench [--tail|--lua|--hekad] [-n RUNS] [-only WORKLOAD] [-size MB] BIN
//
// With --tail it measures heka-tail on files that are cold, grow, are many or have a
// history, beside cat and tail, and says which of its aims are met. With --lua it
// measures the sandbox of scripts, beside lua5.1 and luajit. With --hekad it measures
// the daemon, beside the same lines without it, cat, wc and dd.
//
// BIN is the folder of the programs. The inputs are made in a temporary folder, and
// go with it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	runs := flag.Int("n", 5, "counted runs of each workload")
	only := flag.String("only", "", "run the workloads whose names contain this")
	size := flag.Int("size", 500, "size of the access log in MB; the raw file has twice as much")
	tail := flag.Bool("tail", false, "measure heka-tail on files")
	lua := flag.Bool("lua", false, "measure the sandbox of scripts")
	hekad := flag.Bool("hekad", false, "measure the daemon")
	backlog := flag.Int("backlog", 20, "with --hekad: GiB of a spool to start with; half of the free disk at most")
	history := flag.Int("history", 10000, "with --tail: files of a log that was rotated")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: heka-bench [--tail|--lua|--hekad] [-n RUNS] [-only WORKLOAD] [-size MB] BIN")
		os.Exit(2)
	}
	var err error
	switch {
	case *tail:
		err = benchTail(flag.Arg(0), *runs, *only, *size, *history)
	case *hekad:
		err = benchHekad(flag.Arg(0), *runs, *only, *size, *backlog)
	case *lua:
		err = benchLua(flag.Arg(0), *runs, *only, *size)
	default:
		err = bench(flag.Arg(0), *runs, *only, *size)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "heka-bench:", err)
		os.Exit(1)
	}
}

func bench(bin string, runs int, only string, size int) error {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "heka-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	in, err := makeInputs(bin, dir, int64(size)<<20)
	if err != nil {
		return err
	}
	var picked []*workload
	for _, w := range workloads(in) {
		if strings.Contains(w.name, only) || w.reference {
			picked = append(picked, w)
		}
	}
	for run := range runs + 1 { // the first warms up
		for _, w := range picked {
			r, err := w.run(bin)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			if run > 0 {
				w.results = append(w.results, r)
			}
		}
	}
	report(os.Stdout, picked)
	if strings.Contains("latency", only) {
		if err := latency(os.Stdout, bin, dir); err != nil {
			return err
		}
	}
	if strings.Contains("start", only) {
		return start(os.Stdout, bin)
	}
	return nil
}
