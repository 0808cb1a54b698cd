package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"heka/lib/oracle"
)

func checkCommand() *cobra.Command {
	var ledger string
	var allow oracle.Allow
	c := &cobra.Command{
		Use:                   "check --ledger FILE [FLAGS] [FILE...]",
		Short:                 "compare records or lines with what was written",
		DisableFlagsInUseLine: true,
		Example:               "  heka-oracle check --ledger led --repeats out.heka",
		RunE: func(_ *cobra.Command, files []string) error {
			if ledger == "" {
				return usageError{errors.New("--ledger is missing")}
			}
			if len(files) == 0 {
				files = []string{"-"}
			}
			return check(ledger, allow, files)
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&ledger, "ledger", "", "`FILE` that says what was written")
	fs.BoolVar(&allow.Repeats, "repeats", false, "lines may come again, as after a crash")
	fs.Int64Var(&allow.MaxRun, "max-run", 0, "with --repeats: at most `N` in a row (0: any number)")
	fs.BoolVar(&allow.Damage, "damage", false, "there may be damaged records, as of a program that was killed")
	return c
}

// check reads the files one after the other, "-" is standard input, prints what was
// found to stdout, and returns what is wrong.
func check(ledger string, allow oracle.Allow, files []string) error {
	l, err := oracle.ReadLedger(ledger)
	if err != nil {
		return err
	}
	c := oracle.NewChecker(l)
	for _, name := range files {
		if err := read(c, name); err != nil {
			return err
		}
	}
	r := c.Report()
	r.Print(os.Stdout)
	if err := r.Err(allow); err != nil {
		return fmt.Errorf("not what was written: %w", err)
	}
	return nil
}

func read(c *oracle.Checker, name string) error {
	if name == "-" {
		return c.Read(os.Stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return c.Read(f)
}
