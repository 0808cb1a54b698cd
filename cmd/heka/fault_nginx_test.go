package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nginx is a web server of a test's own.
type nginx struct {
	t    *testing.T
	dir  string
	port int
	cmd  *exec.Cmd
}

const nginxConf = `
daemon off; master_process on; worker_processes 2; user root;
pid %[1]s/nginx.pid; error_log %[1]s/error.log;
events { worker_connections 256; }
http {
	log_format numbered '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent $pid-$connection-$connection_requests $msec';
	access_log %[1]s/logs/access.log numbered;
	keepalive_requests 100000;
	client_body_temp_path %[1]s/tmp; proxy_temp_path %[1]s/tmp; fastcgi_temp_path %[1]s/tmp;
	uwsgi_temp_path %[1]s/tmp; scgi_temp_path %[1]s/tmp;
	server { listen 127.0.0.1:%[2]d; location / { return 204; } }
}
`

// startNginx starts one on a port of its own, with its logs in dir/logs.
func startNginx(t *testing.T, dir string) *nginx {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &nginx{t: t, dir: dir, port: l.Addr().(*net.TCPAddr).Port}
	l.Close()
	for _, d := range []string{"logs", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "nginx.conf"), fmt.Appendf(nil, nginxConf, dir, n.port))
	n.cmd = exec.Command("nginx", "-c", filepath.Join(dir, "nginx.conf"), "-p", dir)
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.stop)
	poll(t, patience, "nginx answers", func() bool {
		c, err := net.Dial("tcp", n.addr())
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return n
}

func (n *nginx) addr() string { return fmt.Sprintf("127.0.0.1:%d", n.port) }

// stop lets nginx answer what it was asked, and log it.
func (n *nginx) stop() {
	if n.cmd.ProcessState == nil {
		n.cmd.Process.Signal(syscall.SIGQUIT)
		n.cmd.Wait()
	}
}

// modes are what people let logrotate do.
var modes = []struct{ name, lines, after string }{
	{"create", "create 0644", "postrotate\n kill -USR1 $(cat DIR/nginx.pid)\nendscript"},
	{"compress", "create 0644\ncompress", "postrotate\n kill -USR1 $(cat DIR/nginx.pid); sleep 0.3\nendscript"},
	{"delaycompress", "create 0644\ncompress\ndelaycompress", "postrotate\n kill -USR1 $(cat DIR/nginx.pid)\nendscript"},
	{"dateext", "create 0644\ndateext\ndateformat -%Y%m%d-%s", "postrotate\n kill -USR1 $(cat DIR/nginx.pid)\nendscript"},
	{"copytruncate", "copytruncate", ""},
}

// TestLogrotate is nginx under load, whose log logrotate rotates, with restarts of
// heka-tail in between: what nginx logged is what comes.
func TestLogrotate(t *testing.T) {
	if !faults {
		t.Skip("servers are started with HEKA_FAULTS=1 alone")
	}
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			dir := t.TempDir()
			n := startNginx(t, dir)
			conf := fmt.Sprintf("%[1]s/logs/access.log {\nrotate 1000\n%[2]s\n%[3]s\n}\n", dir, m.lines,
				strings.ReplaceAll(m.after, "DIR", dir))
			write(t, filepath.Join(dir, "logrotate.conf"), []byte(conf))
			wrk := exec.Command("wrk", "-t1", "-c8", "-d12s", "http://"+n.addr()+"/"+strings.Repeat("x", 40))
			if err := wrk.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { wrk.Process.Kill(); wrk.Wait() })
			loaded := make(chan struct{})
			go func() { wrk.Wait(); close(loaded) }()
			got := followNginx(t, n, loaded)
			want := n.logged()
			compare(t, want, got, m.name == "copytruncate")
		})
	}
}

// followNginx rotates once a second and restarts heka-tail now and then until the load
// is over and all has come, and returns what came.
func followNginx(t *testing.T, n *nginx, loaded <-chan struct{}) (got map[string]int) {
	const command = "heka-tail -f --from-start --state s logs/access.log -o text"
	got = map[string]int{}
	var l *line
	var read chan struct{}
	count := func(r io.Reader) {
		for _, line := range splitLines(t, r) {
			got[line]++
		}
		close(read)
	}
	start := func() {
		l = run(t, n.dir, command, false)
		read = make(chan struct{})
		go count(l.out)
	}
	stop := func() {
		l.signal(syscall.SIGTERM)
		l.wait(patience, 0)
		<-read
	}
	start()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for i, over := 0, false; !over; i++ {
		select {
		case <-tick.C:
		case <-loaded:
			over = true
		}
		out, err := exec.Command("logrotate", "-f", "-s", filepath.Join(n.dir, "status"),
			filepath.Join(n.dir, "logrotate.conf")).CombinedOutput()
		if err != nil && !bytes.Contains(out, []byte("already exists")) { // twice in a second
			t.Fatalf("logrotate: %v: %s", err, out)
		}
		if i%4 == 2 {
			stop()
			start()
		}
	}
	n.stop()
	stop()
	// What a stop left, a run to the end reads.
	l = run(t, n.dir, strings.Replace(command, " -f --from-start", "", 1), false)
	read = make(chan struct{})
	go count(l.out)
	l.wait(patience, 0)
	<-read
	return got
}

func splitLines(t *testing.T, r io.Reader) []string {
	b, err := io.ReadAll(r)
	if err != nil {
		t.Error(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// logged returns what all log files hold.
func (n *nginx) logged() map[string]int {
	n.t.Helper()
	all := map[string]int{}
	files, err := filepath.Glob(filepath.Join(n.dir, "logs", "*"))
	if err != nil || len(files) < 10 {
		n.t.Fatalf("%d files: %v", len(files), err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err == nil && strings.HasSuffix(path, ".gz") {
			var z *gzip.Reader
			if z, err = gzip.NewReader(bytes.NewReader(b)); err == nil {
				b, err = io.ReadAll(z)
			}
		}
		if err != nil {
			n.t.Fatal(err)
		}
		for _, line := range strings.SplitAfter(string(b), "\n") {
			if line, whole := strings.CutSuffix(line, "\n"); whole { // a copy may end in a half
				all[line]++
			}
		}
	}
	return all
}

// compare compares two bags of lines. With lossy, copytruncate has lost lines that were
// logged between the copy and the truncation: who follows the log may have seen those.
func compare(t *testing.T, want, got map[string]int, lossy bool) {
	t.Helper()
	total, missing, again, more := 0, 0, 0, 0
	for line, n := range want {
		total += n
		if got[line] < n {
			if missing++; missing < 5 {
				t.Errorf("missing: %s", line)
			}
		}
		if got[line] > n {
			if again++; again < 5 {
				t.Errorf("%d times: %s", got[line], line)
			}
		}
	}
	for line := range got {
		if want[line] == 0 && line != "" {
			if more++; more < 5 && !lossy {
				t.Errorf("never logged: %q", line)
			}
		}
	}
	t.Logf("%d lines logged; %d missing, %d came again, %d are in no file", total, missing, again, more)
	if missing+again > 0 || more > 0 && !lossy {
		t.Errorf("%d lines are missing, %d came again, %d were never logged", missing, again, more)
	}
}
