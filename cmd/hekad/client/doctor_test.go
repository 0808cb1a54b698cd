package client

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/api/apitest"
)

// healthy is a machine at which nothing is wrong.
func healthy() host {
	return host{
		now: func() time.Time { return time.Now().Add(time.Hour).Truncate(24 * time.Hour).Add(24 * time.Hour) },
		room: func(string) (room, error) {
			return room{free: 50 << 30, size: 100 << 30, inodes: 1e6, most: 2e6}, nil
		},
		files:  func(int) (openFiles, error) { return openFiles{open: 20, most: 65536}, nil },
		synced: func() (bool, bool) { return true, true },
	}
}

// diagnosis runs doctor on a machine.
func diagnosis(t *testing.T, h host, args ...string) (code int, out string) {
	t.Helper()
	stdout, stderr := output(t), output(t)
	b := &base{Options: Options{Stdout: stdout, Stderr: stderr}}
	d := &doctor{base: b, host: h}
	c := d.command()
	b.finish(c)
	c.SetArgs(args)
	code = Report(stderr, "hekad doctor", c.ExecuteContext(context.Background()))
	if errs := content(t, stderr); errs != "" {
		t.Error(errs)
	}
	today := h.now().UTC().Format(time.RFC3339)
	return code, strings.ReplaceAll(content(t, stdout), today, "NOW")
}

func TestDoctorWell(t *testing.T) {
	state, _ := serve(t, &apitest.Daemon{OnStatus: func() api.Status {
		s := quiet(time.Hour)
		s.State = "/s"
		return s
	}})
	os.Chmod(state, 0o700)
	code, out := diagnosis(t, healthy(), "--state", state)
	if code != 0 {
		t.Errorf("status %d", code)
	}
	want(t, "doctor", strings.ReplaceAll(out, state, "STATE"), `
ok    daemon: hekad 5.0, process 4242, up 1h, 38MiB of memory
ok    state folder: STATE is there, and nobody else can get at it
ok    disk: 50GiB of 100GiB are free at STATE
ok    open files: hekad may have 65536
ok    clock: it is NOW
ok    nodes: all is well with 2 nodes
ok    dead letters: there are none
`)
}

func TestDoctorIll(t *testing.T) {
	state, _ := serve(t, &apitest.Daemon{OnStatus: func() api.Status {
		s := troubled(time.Hour)
		s.Draining, s.Refused = true, 2
		return s
	}})
	os.Chmod(state, 0o770)
	write := func(name, text string) {
		path := filepath.Join(state, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		os.Chtimes(path, started, started)
	}
	write("dead/store.heka", "some letters")
	write("dead/gone.heka", "x")
	write("dead/empty.heka", "")
	write("spool/store/0000000000000001.heka", "x")
	write("spool/store/damaged-0000000000000001", "x")
	write("spool/gone/0000000000000001.heka", "x")
	write("positions/nginx/positions.damaged", "x")
	h := healthy()
	h.room = func(string) (room, error) {
		return room{free: 1 << 30, size: 100 << 30, inodes: 150, most: 2000}, nil
	}
	h.files = func(int) (openFiles, error) { return openFiles{open: 1000, most: 1024}, nil }
	h.synced = func() (bool, bool) { return false, true }
	code, out := diagnosis(t, h, "--state", state)
	if code != 1 {
		t.Errorf("status %d", code)
	}
	want(t, "doctor", strings.ReplaceAll(out, state, "STATE"), `
ok    daemon: hekad 5.0, process 4242, up 1h, 38MiB of memory
warn  daemon: it has refused to reload 2 times; hekad check /etc/hekad.toml says what is wrong, if it is still
bad   state folder: STATE has mode 0770: others can change what is in it; chmod 700 STATE
bad   disk: 1GiB of 100GiB are free at STATE; make room: spools, positions and dead letters are written there
warn  disk: 150 of 2000 inodes are free; remove files: many small ones use inodes up
bad   open files: hekad has 1000 open of 1024; ulimit -n 65536, or LimitNOFILE=65536 in the unit
warn  clock: it is NOW, and nothing keeps it right; set the clock, and have chrony or timesyncd keep it
bad   store: has input and has done nothing for 1h; hekad tap --in store shows what it is given
bad   store: its spool is full to 97%, the oldest of it is 1h6m old; see why it is slow, or make spool larger
bad   mail: failed: dial \x1b[2Jmail.example: refused; mend it, then hekad reload
warn  daemon: it is drained: its sources have ended; stop it and start it again for more
warn  nginx: waits for store, 1m15s in all; its spool is full: make it larger, or see why store is slow
warn  nginx: lost 68.4KiB of its source in 2 places; it was rotated away or cut before it was read
warn  status: could not process 3 messages; hekad tap status 'Fields[heka.error] != NIL' shows them
warn  store: was started again 3 times; the daemon's log says why
warn  mail: gave up 1.23M messages, its queue was full; make queue larger, or say full = "block"
warn  gone: there is a spool, and no such node any more: STATE/spool/gone; heka-replay STATE/spool/gone/*.heka | ..., then remove the folder
warn  store: what was damaged of its spool is in 1 file of STATE/spool/store; heka-cat STATE/spool/store/damaged-0000000000000001 shows what can be read; then remove them
warn  gone: 1B of dead letters, the last of 2026-03-01T12:00:00Z; see why with heka-cat; once it is mended: heka-replay STATE/dead/gone.heka | heka-out ..., and remove the file
warn  store: 12B of dead letters, the last of 2026-03-01T12:00:00Z; see why with heka-cat; once it is mended: heka-replay STATE/dead/store.heka | heka-out https://search.example:9200, and remove the file
warn  nginx: its positions were damaged: messages may have come twice; it went on from the copy before; remove STATE/positions/nginx/positions.damaged
`)
	code, out = diagnosis(t, h, "--state", state, "-o", "json")
	if code != 1 || strings.Count(out, `"level"`) != 21 {
		t.Errorf("status %d, %s", code, out)
	}
}

// TestDoctorAlone works on what a daemon has left.
func TestDoctorAlone(t *testing.T) {
	f := func(state, wants string, wantCode int, change func(*host)) {
		t.Helper()
		h := healthy()
		if change != nil {
			change(&h)
		}
		code, out := diagnosis(t, h, "--state", state)
		if code != wantCode {
			t.Errorf("status %d, want %d", code, wantCode)
		}
		want(t, "doctor", strings.ReplaceAll(out, state, "STATE"), wants)
	}
	dir := t.TempDir()
	gone := filepath.Join(dir, "gone")
	f(gone, `
warn  daemon: no daemon runs in STATE; start one with hekad run FILE, or name its folder with --state
warn  state folder: STATE is not there; hekad run makes it, or name another with --state
ok    open files: a program that you start may have 65536
ok    clock: it is NOW
`, 0, func(h *host) {
		h.room = func(string) (room, error) { return room{}, os.ErrNotExist }
	})
	stale, err := os.MkdirTemp("", "h5-D")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(stale)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(stale, "control.sock"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	future := time.Now().Add(1000 * time.Hour)
	lock := filepath.Join(stale, "lock")
	os.WriteFile(lock, nil, 0o600)
	os.Chtimes(lock, future, future)
	os.Chmod(stale, 0o755)
	f(stale, `
warn  daemon: no daemon runs in STATE any more: nobody answers at its socket; it was killed; start it again with hekad run FILE
warn  state folder: STATE has mode 0755: others can read spools and dead letters; chmod 700 STATE
ok    disk: 50GiB of 100GiB are free at STATE
warn  open files: a program that you start may have 256: few, where many logs are read; ulimit -n 65536, or LimitNOFILE=65536 in the unit
warn  clock: STATE/lock was written 41d15h from now: the clock was set back; set the clock, and have chrony or timesyncd keep it
ok    dead letters: there are none
`, 0, func(h *host) {
		h.now = func() time.Time { return future.Add(-999*time.Hour - 30*time.Minute) }
		h.files = func(int) (openFiles, error) { return openFiles{most: 256}, nil }
	})
}

// TestThisHost asks the machine itself.
func TestThisHost(t *testing.T) {
	h := thisHost()
	if r, err := h.room(t.TempDir()); err != nil || r.size == 0 || r.free > r.size {
		t.Errorf("room: %+v, %v", r, err)
	}
	if f, err := h.files(0); err != nil || f.most == 0 {
		t.Errorf("files: %+v, %v", f, err)
	}
	if f, err := h.files(os.Getpid()); err != nil || f.most == 0 || f.open == 0 {
		t.Errorf("files of a process: %+v, %v", f, err)
	}
	if _, err := h.room("/nowhere"); err == nil {
		t.Error("no error for a folder that is not there")
	}
}
