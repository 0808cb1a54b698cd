package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// fifos are named pipes for outputs to write to, and notes of when something came.
type fifos struct {
	dir   string
	files []*os.File
	wait  sync.WaitGroup

	mu   sync.Mutex
	came []time.Time // first
	last []time.Time
	gap  []time.Duration // longest since mark
}

// fifos makes n of them. They are not read until first or drain is called.
func (g ground) fifos(n int) (*fifos, error) {
	dir, err := g.fresh("fifos")
	if err != nil {
		return nil, err
	}
	f := &fifos{dir: dir, came: make([]time.Time, n), last: make([]time.Time, n),
		gap: make([]time.Duration, n)}
	for i := range n {
		if err := unix.Mkfifo(f.path(i), 0o600); err != nil {
			f.close()
			return nil, err
		}
		// Open for writing, too, so that neither side waits for the other to open it.
		file, err := os.OpenFile(f.path(i), os.O_RDWR, 0)
		if err != nil {
			f.close()
			return nil, err
		}
		f.files = append(f.files, file)
	}
	return f, nil
}

func (f *fifos) path(i int) string { return filepath.Join(f.dir, fmt.Sprint(i)) }

// first waits until something comes through pipe i.
func (f *fifos) first(i int, limit time.Duration) (time.Time, error) {
	f.files[i].SetReadDeadline(time.Now().Add(limit))
	_, err := f.files[i].Read(make([]byte, 1))
	return time.Now(), err
}

// drain reads all pipes from now on, until close.
func (f *fifos) drain() {
	for i, file := range f.files {
		f.wait.Go(func() {
			buf := make([]byte, 64<<10)
			for {
				if _, err := file.Read(buf); err != nil {
					return
				}
				f.note(i, time.Now())
			}
		})
	}
}

func (f *fifos) note(i int, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.came[i].IsZero() {
		f.came[i] = now
	} else {
		f.gap[i] = max(f.gap[i], now.Sub(f.last[i]))
	}
	f.last[i] = now
}

// all reports whether something has come through all pipes.
func (f *fifos) all() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.came {
		if t.IsZero() {
			return false
		}
	}
	return true
}

// mark forgets the pauses so far.
func (f *fifos) mark() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.gap)
}

// longest returns the longest time since mark in which nothing came through a pipe, of
// those that keep is true of; one that still goes on is among them.
func (f *fifos) longest(keep func(int) bool) (d time.Duration) {
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.gap {
		if keep(i) {
			d = max(d, f.gap[i], now.Sub(f.last[i]))
		}
	}
	return d
}

func (f *fifos) close() {
	for _, file := range f.files {
		file.Close()
	}
	f.wait.Wait()
	os.RemoveAll(f.dir)
}

// closedPort returns an address of this host where nobody listens.
func closedPort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// room returns the free bytes of the file system of dir.
func room(dir string) int64 {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return 0
	}
	return int64(s.Bavail) * s.Bsize
}
