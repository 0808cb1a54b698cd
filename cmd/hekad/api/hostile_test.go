package api_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/api/apitest"
)

// TestRequests sends what no client of ours would.
func TestRequests(t *testing.T) {
	clock := time.Unix(1_700_000_000, 0)
	d := &apitest.Daemon{OnStatus: nodes("nginx", "slow+")}
	h := api.Handler(d, api.HandlerOptions{
		Now: func() time.Time { clock = clock.Add(time.Second); return clock },
		Mounts: []api.Mount{{Pattern: "GET /metrics", Handler: http.HandlerFunc(
			func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x 1\n") })}},
	})
	f := func(request, body string, status int, want string) {
		t.Helper()
		method, target, _ := strings.Cut(request, " ")
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		if body != "" && body[0] != '!' {
			r.Header.Set("Content-Type", "application/json; charset=utf-8")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != status || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%s %.100s\ngot  %d %s\nwant %d %s", request, body, w.Code, w.Body, status, want)
		}
		if status >= 400 && w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: Content-Type %s", request, w.Header().Get("Content-Type"))
		}
	}
	f("GET /metrics", "", 200, "x 1")
	f("GET /", "", 404, `{"error":"no path \"/\"","hint":"/v1/status says how things stand"}`)
	f("GET /v1/statsu", "", 404, `{"error":"no path \"/v1/statsu\"","hint":"did you mean /v1/status?"}`)
	f("GET /v2/status", "", 404, `{"error":"no path \"/v2/status\"","hint":"did you mean /v1/status?"}`)
	f("GET /metric", "", 404, `{"error":"no path \"/metric\"","hint":"did you mean /metrics?"}`)
	f("POST /v1/status", "", 405, `{"error":"\"POST\" is not for /v1/status","hint":"it takes GET"}`)
	f("GET /v1/reload", "", 405, `{"error":"\"GET\" is not for /v1/reload","hint":"it takes POST"}`)
	f("GET /v1/stop", "", 405, `{"error":"\"GET\" is not for /v1/stop","hint":"it takes POST"}`)
	f("GET /v1/filters/slow", "", 405,
		`{"error":"\"GET\" is not for /v1/filters/{name}","hint":"it takes DELETE"}`)
	f("GET /v1/status?x=1", "", 400, `{"error":"no parameter \"x\""}`)
	f("GET /v1/tap?nod=nginx", "", 400, `{"error":"no parameter \"nod\"","hint":"did you mean node?"}`)
	f("GET /v1/tap?x=nginx", "", 400, `{"error":"no parameter \"x\"","hint":"there is node, match, in"}`)
	f("GET /v1/tap?node=a&node=b", "", 400, `{"error":"parameter node is given 2 times"}`)
	f("GET /v1/tap?node=nginx&in=maybe", "", 400, `{"error":"in=\"maybe\": want true or false"}`)
	f("GET /v1/tap?node=nginx;in=1", "", 400,
		`{"error":"the query can't be read: invalid semicolon separator in query"}`)
	f("POST /v1/drain?timeout=-1s", "", 400,
		`{"error":"timeout \"-1s\"","hint":"want a duration like 10s, 24h at most"}`)
	f("POST /v1/drain?timeout=9999h", "", 400,
		`{"error":"timeout \"9999h\"","hint":"want a duration like 10s, 24h at most"}`)
	f("GET /v1/status", "!x", 400, `{"error":"\"GET\" takes no body"}`)
	f("DELETE /v1/filters/slow", "!x", 400, `{"error":"\"DELETE\" takes no body"}`)
	f("POST /v1/reload", "!x", 400, `{"error":"/v1/reload takes no body"}`)
	f("POST /v1/stop", "!x", 400, `{"error":"/v1/stop takes no body"}`)
	f("POST /v1/filters", "!x", 415,
		`{"error":"the body is not said to be application/json","hint":"set Content-Type"}`)
	f("POST /v1/filters", "{", 400, `{"error":"unexpected EOF"}`)
	f("POST /v1/filters", "[]", 400,
		`{"error":"cannot unmarshal array into Go value of type api.Filter"}`)
	f("POST /v1/filters", `{"nmae":"x"}`, 400, `{"error":"unknown field \"nmae\""}`)
	f("POST /v1/filters", `{"Signer":"root"}`, 400, `{"error":"unknown field \"Signer\""}`)
	f("POST /v1/filters", `{}{}`, 400,
		`{"error":"something stands behind the JSON value, from byte 3 on"}`)
	f("POST /v1/filters", `{}`, 400, `{"error":"the name is empty","hint":"want a-z, 0-9, _ and -, and a letter or digit first"}`)
	f("POST /v1/filters", strings.Repeat("[", 100_000), 400,
		`{"error":"invalid character '[' exceeded max depth"}`)
	f("POST /v1/filters", `{"script":"`+strings.Repeat("x", 1<<20)+`"}`, 413,
		`{"error":"the body is larger than 1048576 bytes"}`)
	f("DELETE /v1/filters/..%2f..%2fx", "", 404,
		`{"error":"no loaded filter \"../../x\"","hint":"there is slow"}`)
	f("DELETE /v1/filters/%00", "", 404, `{"error":"no loaded filter \"\\x00\"","hint":"there is slow"}`)
	if asked := d.Asked(); len(asked) > 0 {
		t.Errorf("the daemon was asked: %v", asked)
	}
}

// TestRate wants no more than so many requests, and some again a second later.
func TestRate(t *testing.T) {
	clock := time.Unix(1_700_000_000, 0)
	h := api.Handler(&apitest.Daemon{}, api.HandlerOptions{Now: func() time.Time { return clock }})
	good := func(n int) (got int) {
		for range n {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/v1/status", nil))
			switch w.Code {
			case 200:
				got++
			case 429:
				if w.Header().Get("Retry-After") != "1" {
					t.Error("429 without Retry-After")
				}
			default:
				t.Fatal(w.Code)
			}
		}
		return got
	}
	if n := good(300); n != 100 {
		t.Errorf("%d of 300 at once were answered, want 100", n)
	}
	clock = clock.Add(time.Second)
	if n := good(300); n != 50 {
		t.Errorf("%d were answered a second later, want 50", n)
	}
	clock = clock.Add(-time.Hour) // a clock that was set back gives nothing, and takes nothing
	if n := good(10); n != 0 {
		t.Errorf("%d were answered an hour before, want 0", n)
	}
}

// raw connects to the control socket.
func raw(t *testing.T, state string) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", filepath.Join(state, "control.sock"))
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(time.Minute))
	return c
}

// firstLine returns the first line of an answer; empty if there is none.
func firstLine(c net.Conn) string {
	s, _ := bufio.NewReader(c).ReadString('\n')
	return strings.TrimSpace(s)
}

// TestLargeBody sends a body of a gigabyte, of which little may be taken.
func TestLargeBody(t *testing.T) {
	state := folder(t)
	serve(t, &apitest.Daemon{}, api.ServeOptions{State: state})
	f := func(head string) {
		t.Helper()
		c := raw(t, state)
		defer c.Close()
		fmt.Fprint(c, "POST /v1/filters HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+head+"\r\n\r\n")
		chunk := bytes.Repeat([]byte("["), 1<<16)
		sent := 0
		for sent < 1<<30 {
			var err error
			if strings.HasPrefix(head, "Transfer") {
				fmt.Fprintf(c, "%x\r\n", len(chunk))
				_, err = c.Write(append(chunk, '\r', '\n'))
			} else {
				_, err = c.Write(chunk)
			}
			if err != nil {
				break
			}
			sent += len(chunk)
		}
		if sent > 32<<20 {
			t.Errorf("%s: %d bytes were taken", head, sent)
		}
	}
	f("Content-Length: 1073741824")
	f("Transfer-Encoding: chunked")
	c := raw(t, state)
	defer c.Close()
	fmt.Fprint(c, "POST /v1/filters HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Content-Length: 1048577\r\n\r\n"+strings.Repeat(" ", 1048577))
	if got := firstLine(c); got != "HTTP/1.1 413 Request Entity Too Large" {
		t.Error(got)
	}
}

// TestLargeHeader wants the header to be bounded.
func TestLargeHeader(t *testing.T) {
	state := folder(t)
	serve(t, &apitest.Daemon{}, api.ServeOptions{State: state})
	c := raw(t, state)
	defer c.Close()
	fmt.Fprint(c, "GET /v1/status HTTP/1.1\r\nHost: x\r\n")
	line := "X: " + strings.Repeat("y", 1000) + "\r\n"
	sent := 0
	for ; sent < 64<<20; sent += len(line) {
		if _, err := io.WriteString(c, line); err != nil {
			break
		}
	}
	if sent > 8<<20 {
		t.Errorf("%d bytes of a header were taken", sent)
	}
}

// TestSlowRequests leaves requests unfinished: each connection is closed in time, and
// others are served meanwhile.
func TestSlowRequests(t *testing.T) {
	state := folder(t)
	_, client := serve(t, &apitest.Daemon{}, api.ServeOptions{State: state, Patience: 2 * time.Second})
	var wg sync.WaitGroup
	for _, head := range []string{
		"", "GET", "GET /v1/status HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"POST /v1/filters HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
			"Content-Length: 100\r\n\r\n{",
		"POST /v1/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n",
		"GET /v1/status HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n",
	} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c := raw(t, state)
			defer c.Close()
			io.WriteString(c, head)
			rest, err := io.ReadAll(c)
			if err != nil {
				t.Errorf("%q: not closed: %v", head, err)
			}
			if strings.HasPrefix(string(rest), "HTTP/1.1 200") {
				t.Errorf("%q was answered: %s", head, rest)
			}
		}()
	}
	for range 20 {
		if _, err := client.Status(context.Background()); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

// TestLongAnswer wants a request that takes longer than its body may to go on.
func TestLongAnswer(t *testing.T) {
	d := &apitest.Daemon{OnReload: func(ctx context.Context) (api.Outcome, error) {
		select {
		case <-time.After(3 * time.Second):
			return api.Outcome{Took: true}, nil
		case <-ctx.Done():
			return api.Outcome{}, ctx.Err()
		}
	}}
	_, c := serve(t, d, api.ServeOptions{Patience: 2 * time.Second})
	if o, err := c.Reload(context.Background()); err != nil || !o.Took {
		t.Errorf("Reload() = %+v, %v", o, err)
	}
}

// TestCrowd opens 1000 connections: most are told that there is no room, and there is
// again when those that have some leave.
func TestCrowd(t *testing.T) {
	state := folder(t)
	_, client := serve(t, &apitest.Daemon{}, api.ServeOptions{State: state, Patience: time.Hour})
	client.Close()
	var open []net.Conn
	for range 1000 {
		open = append(open, raw(t, state))
	}
	for _, c := range open[200:] { // those that have no room are closed, some with a word
		if got := firstLine(c); got != "" && got != "HTTP/1.1 503 Service Unavailable" {
			t.Errorf("in the crowd: %s", got)
		}
	}
	ask := func(enough func(error) bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; {
			_, err := client.Status(context.Background())
			if enough(err) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal(err)
			}
		}
	}
	ask(func(err error) bool { // once those before it have been told
		var e *api.Error
		return errors.As(err, &e) && e.Status == 503
	})
	for _, c := range open {
		c.Close()
	}
	ask(func(err error) bool { return err == nil })
}

// TestTaps wants no more than 16 at once, and room again when one has left.
func TestTaps(t *testing.T) {
	d := &apitest.Daemon{OnStatus: nodes("nginx"), OnTap: func(api.TapRequest) (api.Tap, error) {
		return &apitest.Tap{Hold: true}, nil
	}}
	_, c := serve(t, d, api.ServeOptions{})
	tap := func() (*api.Stream, error) {
		return c.Tap(context.Background(), api.TapRequest{Node: "nginx"})
	}
	var all []*api.Stream
	for range 16 {
		s, err := tap()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		all = append(all, s)
	}
	var e *api.Error
	if _, err := tap(); !errors.As(err, &e) || e.Status != 429 || e.Msg != "16 taps are open" {
		t.Errorf("one more: %v", err)
	}
	all[3].Close()
	for deadline := time.Now().Add(time.Minute); ; {
		s, err := tap()
		if err == nil {
			s.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("when one has left: %v", err)
		}
	}
}

// TestCloseWaits wants Close to end what waits, and not to return before it has.
func TestCloseWaits(t *testing.T) {
	began, ended := make(chan struct{}), false
	d := &apitest.Daemon{OnReload: func(ctx context.Context) (api.Outcome, error) {
		close(began)
		<-ctx.Done()
		ended = true
		return api.Outcome{}, ctx.Err()
	}}
	s, c := serve(t, d, api.ServeOptions{})
	answer := make(chan error)
	go func() {
		_, err := c.Reload(context.Background())
		answer <- err
	}()
	<-began
	if err := s.Close(); err != nil || !ended {
		t.Errorf("Close() = %v, the request has ended: %v", err, ended)
	}
	var e *api.Error
	if err := <-answer; !errors.As(err, &e) || e.Status != 503 {
		t.Errorf("the client got %v", err)
	}
}

// TestCloseIdle wants Close not to wait for those that ask nothing.
func TestCloseIdle(t *testing.T) {
	state := folder(t)
	s, _ := serve(t, &apitest.Daemon{}, api.ServeOptions{State: state, Patience: time.Hour})
	for _, head := range []string{"", "GET /v1/st"} {
		c := raw(t, state)
		defer c.Close()
		io.WriteString(c, head)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestCloseStuck wants Close to end, and to say so, though a request does not.
func TestCloseStuck(t *testing.T) {
	began, release := make(chan struct{}), make(chan struct{})
	state := folder(t)
	s, err := api.Serve(context.Background(), &apitest.Daemon{
		OnReload: func(context.Context) (api.Outcome, error) {
			close(began)
			<-release
			return api.Outcome{}, nil
		},
	}, api.ServeOptions{State: state})
	if err != nil {
		t.Fatal(err)
	}
	c, err := api.Dial(state)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	answer := make(chan error)
	go func() {
		_, err := c.Reload(context.Background())
		answer <- err
	}()
	<-began
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "1 requests did not end") {
		t.Errorf("Close() = %v", err)
	}
	if err := <-answer; err == nil {
		t.Error("the client got an answer")
	}
	close(release)
}

func FuzzRequest(f *testing.F) {
	f.Add("GET", "/v1/tap", "node=nginx&match=TRUE&in=1", "")
	f.Add("POST", "/v1/filters", "", `{"name":"a","script":"x","match":"TRUE","config":{"a":"b"}}`)
	f.Add("POST", "/v1/drain", "timeout=1ns", "")
	f.Add("DELETE", "/v1/filters/slow", "", "")
	f.Add("GET", "/v1/tap", "node=%zz;&=&&match=(((", "\x00")
	clock := time.Unix(1_700_000_000, 0)
	h := api.Handler(&apitest.Daemon{OnStatus: nodes("nginx", "slow+")}, api.HandlerOptions{
		Now: func() time.Time { clock = clock.Add(time.Second); return clock },
	})
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		r := httptest.NewRequest("GET", "/", strings.NewReader(body))
		r.Method, r.URL.Path, r.URL.RawQuery = method, path, query
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %s?%s: %d %s", method, path, query, w.Code, w.Body)
		}
		if w.Code >= 400 && !strings.HasPrefix(w.Body.String(), `{"error":"`) {
			t.Errorf("%s %s?%s: %d %s", method, path, query, w.Code, w.Body)
		}
	})
}
