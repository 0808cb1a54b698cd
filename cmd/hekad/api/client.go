package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Client asks a daemon. It may be used by any number of goroutines. Errors are an
// *[Error] if the daemon answered, a *[NoDaemon] if there is none.
type Client struct {
	http  *http.Client
	path  string
	state string
}

// NoDaemon says that no daemon could be asked.
type NoDaemon struct {
	State string // the folder that was looked in
	Err   error
	Hint  string
}

func (e *NoDaemon) Error() string { return e.Err.Error() + "; " + e.Hint }

// Unwrap returns the error that e wraps.
func (e *NoDaemon) Unwrap() error { return e.Err }

// Bounds of a Client.
const (
	askTime   = 10 * time.Second // for an answer that needs no work
	maxAnswer = 64 << 20
)

// Dial finds the daemon whose state folder is state: nothing is asked yet, but somebody
// listens. Close it in the end.
func Dial(state string) (*Client, error) {
	c := &Client{path: filepath.Join(state, SocketName), state: state}
	conn, err := dialUnix(c.path)
	if err != nil {
		return nil, c.noDaemon(err)
	}
	conn.Close()
	c.http = &http.Client{Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			conn, err := dialUnix(c.path)
			if err != nil {
				return nil, c.noDaemon(err)
			}
			return conn, nil
		},
		DisableCompression: true,
		IdleConnTimeout:    idleTime / 2,
	}}
	return c, nil
}

// Close gives up the connections that are idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// noDaemon says why nobody can be asked.
func (c *Client) noDaemon(err error) error {
	e := &NoDaemon{State: c.state, Err: fmt.Errorf("ask the daemon of %s: %w", c.state, err)}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		e.Err = fmt.Errorf("no daemon runs in %s", c.state)
		e.Hint = "start one with hekad run FILE, or name its folder with --state"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Err = fmt.Errorf("no daemon runs in %s any more: nobody answers at its socket", c.state)
		e.Hint = "it was killed; start it again with hekad run FILE"
	case errors.Is(err, fs.ErrPermission):
		e.Err = fmt.Errorf("the daemon of %s is not yours to ask: %w", c.state, syscall.EACCES)
		e.Hint = "be the user that it runs as, or root"
	default:
		e.Hint = "hekad doctor says more"
	}
	return e
}

// Status asks how things stand.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var s Status
	return s, c.ask(ctx, askTime, "GET", "/v1/status", nil, &s)
}

// Configuration asks what runs.
func (c *Client) Configuration(ctx context.Context) (Configuration, error) {
	var g Configuration
	return g, c.ask(ctx, askTime, "GET", "/v1/config", nil, &g)
}

// Reload has the daemon read its configuration again. A refused one is no error: see
// Outcome.Took.
func (c *Client) Reload(ctx context.Context) (Outcome, error) {
	var o Outcome
	return o, c.ask(ctx, 0, "POST", "/v1/reload", nil, &o)
}

// Load adds a filter.
func (c *Client) Load(ctx context.Context, f Filter) error {
	return c.ask(ctx, 0, "POST", "/v1/filters", f, nil)
}

// Unload takes a filter away that was added.
func (c *Client) Unload(ctx context.Context, name string) error {
	return c.ask(ctx, 0, "DELETE", "/v1/filters/"+url.PathEscape(name), nil, nil)
}

// Drain ends the sources, and waits until all is delivered, for as long as most.
func (c *Client) Drain(ctx context.Context, most time.Duration) error {
	q := url.Values{"timeout": {most.String()}}
	return c.ask(ctx, 0, "POST", "/v1/drain?"+q.Encode(), nil, nil)
}

// Stop has the daemon end, and does not wait for that. It returns its process.
func (c *Client) Stop(ctx context.Context) (pid int, err error) {
	var answer struct {
		Pid int `json:"pid"`
	}
	err = c.ask(ctx, askTime, "POST", "/v1/stop", nil, &answer)
	return answer.Pid, err
}

// ask sends a request and reads the answer into v, if it is not nil, within most.
func (c *Client) ask(
	ctx context.Context, most time.Duration, method, path string, body, v any,
) error {
	if most > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, most, errSilent)
		defer cancel()
	}
	resp, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusUnprocessableEntity && v != nil {
		resp.StatusCode = http.StatusOK // an answer all the same
	}
	if resp.StatusCode >= 300 {
		return readError(resp)
	}
	if v == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(v); err != nil {
		return c.failed(ctx, err)
	}
	return nil
}

// errSilent is why a question was given up.
var errSilent = fmt.Errorf("no answer within %v", askTime)

// send sends a request. The answer may be an error's.
func (c *Client) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://hekad"+path, r)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.failed(ctx, err)
	}
	return resp, nil
}

// failed says why there is no answer.
func (c *Client) failed(ctx context.Context, err error) error {
	var gone *NoDaemon
	var u *url.Error
	switch {
	case errors.As(err, &gone):
		return gone
	case context.Cause(ctx) == errSilent:
		return &NoDaemon{State: c.state, Err: fmt.Errorf("ask the daemon of %s: %w", c.state, errSilent),
			Hint: "it may be stopped (kill -CONT), or the machine is very busy"}
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &u):
		err = u.Err
	}
	return &NoDaemon{State: c.state, Err: fmt.Errorf("ask the daemon of %s: %w", c.state, err),
		Hint: "it ended meanwhile; its log says why"}
}

// readError makes an error of an answer that is one.
func readError(resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	e := &Error{}
	if json.Unmarshal(body, e) != nil || e.Msg == "" {
		e.Msg = "the daemon answered " + strconv.Itoa(resp.StatusCode) + " " +
			http.StatusText(resp.StatusCode)
	}
	e.Status = resp.StatusCode
	return e
}
