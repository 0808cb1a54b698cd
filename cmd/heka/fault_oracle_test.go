package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"heka/lib/oracle"
)

// TestOracleKilled kills the writer, again and again: its ledger claims nothing that
// is not there, and it goes on behind what it left.
func TestOracleKilled(t *testing.T) {
	s := newScene(t)
	led := s.path("led")
	for range full(3, 20) {
		c := exec.Command(filepath.Join(bin, "heka-oracle"), "write", "--ledger", led, "--dir", s.dir,
			"--rotate", "create,partial,double,late,date", "--every", "200")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		before := oracle.NewLedger()
		if l, err := oracle.ReadLedger(led); err == nil {
			before = l
		}
		poll(t, patience, "the writer writes", func() bool {
			l, err := oracle.ReadLedger(led)
			return err == nil && l.Wrote() > before.Wrote()+5000
		})
		c.Process.Kill()
		c.Wait()
	}
	l, err := oracle.ReadLedger(led)
	if err != nil {
		t.Fatal(err)
	}
	check := oracle.NewChecker(l)
	files, err := filepath.Glob(s.path("app.log*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := check.Read(f); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	report := check.Report()
	report.Disorder = 0 // the names are not in the order of their lines
	if err := report.Err(oracle.Allow{}); err != nil {
		t.Error(err)
	}
	t.Logf("%+v", report)
}
