package api_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/api/apitest"
)

func writeToken(t *testing.T, dir, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, fmt.Sprintf("token-%o-%d", mode, len(text)))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

const token = "0123456789abcdef0123"

func TestToken(t *testing.T) {
	dir := t.TempDir()
	d := &apitest.Daemon{OnStatus: nodes("nginx")}
	s, _ := serve(t, d, api.ServeOptions{
		Listen: "127.0.0.1:0", Token: writeToken(t, dir, token+"\n", 0o600),
		Mounts: []api.Mount{{Pattern: "/healthz", Open: true, Handler: http.HandlerFunc(
			func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })},
			{Pattern: "/metrics", Handler: http.NotFoundHandler()}},
	})
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	f := func(path, auth, host string, want int) {
		t.Helper()
		r, err := http.NewRequest("GET", "http://"+s.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if auth != "" {
			r.Header.Set("Authorization", auth)
		}
		if host != "" {
			r.Host = host
		}
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("GET %s with %q at %q: %d, want %d", path, auth, host, resp.StatusCode, want)
		}
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("another origin may read the answer: %s", got)
		}
	}
	f("/v1/status", "Bearer "+token, "", 200)
	f("/v1/status", "Bearer "+token, "localhost:5566", 200)
	f("/v1/status", "Bearer "+token, "[::1]:5566", 200)
	f("/v1/status", "Bearer "+token, "evil.example", 403)
	f("/v1/status", "Bearer "+token, "127.0.0.1.evil.example:80", 403)
	f("/v1/status", "Bearer "+token, "10.0.0.1", 403)
	f("/v1/status", "", "", 401)
	f("/v1/status", token, "", 401)
	f("/v1/status", "Bearer ", "", 401)
	f("/v1/status", "Bearer "+token+"4", "", 401)
	f("/v1/status", "Bearer "+token[1:], "", 401)
	f("/v1/nothing", "", "", 401)
	f("/metrics", "", "", 401)
	f("/healthz", "", "", 200)
	f("/healthz", "", "evil.example", 403)
}

func TestTokenFile(t *testing.T) {
	dir := t.TempDir()
	f := func(path, want string) {
		t.Helper()
		_, err := api.ReadToken(path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	f(filepath.Join(dir, "none"), "make one: (umask 077; head -c 32 /dev/urandom | base64 > "+dir)
	f(writeToken(t, dir, token, 0o640), "has mode 0640: others can get at it; chmod 600")
	f(writeToken(t, dir, token, 0o602), "has mode 0602")
	f(writeToken(t, dir, "short\n", 0o600), "5 characters can be guessed")
	f(writeToken(t, dir, "", 0o600), "0 characters can be guessed")
	f(writeToken(t, dir, token+"\n"+token, 0o600), "want one line")
	f(writeToken(t, dir, strings.Repeat("x", 5000), 0o600), "want one line")
	f(dir, "is not a regular file")
	if got, err := api.ReadToken(writeToken(t, dir, " "+token+"\r\n", 0o400)); got != token || err != nil {
		t.Errorf("ReadToken() = %q, %v", got, err)
	}
}

func TestListen(t *testing.T) {
	good := writeToken(t, t.TempDir(), token, 0o600)
	f := func(listen, file, want string) {
		t.Helper()
		state := folder(t)
		_, err := api.Serve(context.Background(), &apitest.Daemon{},
			api.ServeOptions{State: state, Listen: listen, Token: file})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("listen %s: %v, want %s", listen, err, want)
		}
		if left, _ := os.ReadDir(state); len(left) > 0 {
			t.Errorf("listen %s: left behind: %v", listen, left)
		}
	}
	f("0.0.0.0:0", good, "only the loopback interface")
	f(":0", good, "only the loopback interface")
	f("example.com:80", good, "only the loopback interface")
	f("127.0.0.1", good, "missing port")
	f("127.0.0.1:0", "", "TCP needs a token_file")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f(l.Addr().String(), good, "address already in use")
}
