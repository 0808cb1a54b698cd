package service

import (
	"bufio"
	"fmt"
	"os"
	"syscall"
	"testing"
)

// showSignals is the child of TestSignals: it says what it is asked.
func showSignals() {
	s := Listen()
	fmt.Println("ready")
	drain := s.Drain
	for {
		select {
		case <-drain:
			fmt.Println("drain")
			drain = nil
		case <-s.Quit:
			fmt.Println("quit")
			s.Close()
			_ = syscall.Kill(os.Getpid(), syscall.SIGTERM) // the system's again
			select {}
		case <-s.Reload:
			fmt.Println("reload")
		case <-s.Report:
			fmt.Println("report")
		}
	}
}

func TestSignals(t *testing.T) {
	cmd := child(t, "signals")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	f := func(want string, sig ...syscall.Signal) {
		t.Helper()
		for _, s := range sig {
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("%v: got %q, want %q", sig, lines.Text(), want)
		}
	}
	f("ready")
	f("reload", syscall.SIGPIPE, syscall.SIGHUP)
	f("report", syscall.SIGUSR1)
	f("drain", syscall.SIGINT)
	f("reload", syscall.SIGHUP)
	f("quit", syscall.SIGTERM)
	err = cmd.Wait()
	if st, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || st.Signal() != syscall.SIGTERM {
		t.Errorf("%v", err)
	}
}

// TestNobodyListens wants signals to be counted while nobody looks: requests of one sort
// become one, and a second INT is heard behind any number of them.
func TestNobodyListens(t *testing.T) {
	ask := Listen()
	defer ask.Close()
	for range 100 {
		ask.ch <- syscall.SIGHUP
		ask.ch <- syscall.SIGUSR1
	}
	ask.ch <- syscall.SIGINT
	ask.ch <- syscall.SIGINT
	ask.ch <- syscall.SIGINT
	<-ask.Quit
	<-ask.Drain
	<-ask.Reload
	<-ask.Report
	select {
	case <-ask.Reload:
		t.Error("a second reload")
	case <-ask.Report:
		t.Error("a second report")
	default:
	}
}
