package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"heka/lib/near"
)

// HandlerOptions of a Handler. The zero HandlerOptions are those of a unix socket,
// which the system guards.
type HandlerOptions struct {
	// Token is what clients show; empty: nothing.
	Token string

	// Local refuses requests whose Host does not name the loopback interface.
	Local bool

	// Mounts are more paths.
	Mounts []Mount

	// Log is told of panics; nil: nobody.
	Log *slog.Logger

	// Patience is how long a client may take to send a body; 0: 10 s.
	Patience time.Duration

	// Now is the clock of the rate limit; nil: time.Now.
	Now func() time.Time
}

// Mount is a path beside the API's: /metrics, /healthz.
type Mount struct {
	Pattern string // of http.ServeMux
	Handler http.Handler
	Open    bool // no token is asked for
}

// Limits of a Handler.
const (
	rate     = 50               // requests a second
	burst    = 100              // requests at once
	maxTaps  = 16               // at once
	sendTime = 30 * time.Second // for an answer that is no stream
)

// handler is a Handler.
type handler struct {
	d     Daemon
	opt   HandlerOptions
	mux   *http.ServeMux
	rate  bucket
	taps  chan struct{} // has a place for each
	paths []string
}

// call answers a request whose parameters have been looked at; its error is written.
type call func(w http.ResponseWriter, r *http.Request, q url.Values) error

// Handler returns what answers requests to d. Each Handler has limits of its own.
func Handler(d Daemon, opt HandlerOptions) http.Handler {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Patience <= 0 {
		opt.Patience = patience
	}
	h := &handler{
		d: d, opt: opt, mux: http.NewServeMux(), taps: make(chan struct{}, maxTaps),
		rate: bucket{rate: rate, size: burst, left: burst},
	}
	h.route("/v1/status", nil, map[string]call{"GET": h.status})
	h.route("/v1/config", nil, map[string]call{"GET": h.config})
	h.route("/v1/reload", nil, map[string]call{"POST": h.reload})
	h.route("/v1/filters", nil, map[string]call{"POST": h.load})
	h.route("/v1/filters/{name}", nil, map[string]call{"DELETE": h.unload})
	h.route("/v1/tap", []string{"node", "match", "in"}, map[string]call{"GET": h.tap})
	h.route("/v1/drain", []string{"timeout"}, map[string]call{"POST": h.drain})
	h.route("/v1/stop", nil, map[string]call{"POST": h.stop})
	for _, m := range opt.Mounts {
		served := reading(m.Handler)
		if !m.Open {
			served = h.private(served)
		}
		h.mux.Handle(m.Pattern, served)
		h.paths = append(h.paths, m.Pattern[strings.IndexByte(m.Pattern, ' ')+1:])
	}
	h.mux.Handle("/", h.private(http.HandlerFunc(h.nothing)))
	return h
}

// ServeHTTP does what comes before the question what is asked.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer h.recovered(w, r)
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(time.Now().Add(h.opt.Patience))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case h.opt.Local && !localHost(r.Host):
		writeError(w, &Error{Status: 403, Msg: "Host " + quote(r.Host) + " is not this one",
			Hint: "ask 127.0.0.1 or localhost"})
	case !h.rate.take(h.opt.Now()):
		writeError(w, &Error{Status: 429, Msg: fmt.Sprintf("more than %d requests a second", rate),
			Hint: "wait a second"})
	case r.ContentLength != 0 && r.Method != "POST":
		writeError(w, mistake("%s takes no body", quote(r.Method)))
	default:
		h.mux.ServeHTTP(w, r)
	}
}

// reading lets a request without a body take as long as it likes.
func reading(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			answering(w, 0)
		}
		next.ServeHTTP(w, r)
	})
}

// recovered keeps a mistake of ours in one request.
func (h *handler) recovered(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if h.opt.Log != nil && p != http.ErrAbortHandler {
		h.opt.Log.Error("control: a mistake in the program", "method", r.Method,
			"path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	}
	if p == http.ErrAbortHandler || w.Header().Get("Content-Type") != "" {
		panic(http.ErrAbortHandler) // half an answer is out: cut it
	}
	writeError(w, &Error{Status: 500, Msg: "a mistake in hekad", Hint: "its log has more"})
}

// route has calls answer at path, by method; each takes the parameters named.
func (h *handler) route(path string, params []string, calls map[string]call) {
	h.paths = append(h.paths, path)
	h.mux.Handle(path, h.private(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := calls[r.Method]
		if c == nil {
			allow := ""
			for m := range calls { // there is one each
				allow = m
			}
			w.Header().Set("Allow", allow)
			writeError(w, &Error{Status: 405, Msg: quote(r.Method) + " is not for " + path,
				Hint: "it takes " + allow})
			return
		}
		q, err := parameters(r.URL.RawQuery, params)
		if err == nil {
			err = c(w, r, q)
		}
		if err != nil {
			writeError(w, err)
		}
	})))
}

// nothing answers where no path is.
func (h *handler) nothing(w http.ResponseWriter, r *http.Request) {
	e := &Error{Status: 404, Msg: "no path " + quote(r.URL.Path)}
	e.Hint = "/v1/status says how things stand"
	if n := near.Word(r.URL.Path, h.paths); n != "" {
		e.Hint = "did you mean " + n + "?"
	}
	writeError(w, e)
}

// parameters reads a query that has those named, once each at most, and no others.
func parameters(query string, named []string) (url.Values, error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, mistake("the query can't be read: %v", err)
	}
	for k, v := range q {
		if !slices.Contains(named, k) {
			e := mistake("no parameter %s", quote(k))
			if n := near.Word(k, named); n != "" {
				e.Hint = "did you mean " + n + "?"
			} else if len(named) > 0 {
				e.Hint = "there is " + list(named)
			}
			return nil, e
		}
		if len(v) > 1 {
			return nil, mistake("parameter %s is given %d times", k, len(v))
		}
	}
	return q, nil
}

// noBody wants the request to have none.
func noBody(r *http.Request) error {
	if n, err := r.Body.Read(make([]byte, 1)); n > 0 || err != io.EOF {
		return mistake("%s takes no body", r.URL.Path)
	}
	return nil
}

// readJSON reads the body into v.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	if t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t != "application/json" {
		return &Error{Status: 415, Msg: "the body is not said to be application/json",
			Hint: "set Content-Type"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return err
		}
		return mistake("read the body: %v", err)
	}
	return decode(body, v)
}

// decode reads one JSON value that fills body, and has no members that v has not.
func decode(body []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return mistake("%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := dec.Token(); err != io.EOF {
		return mistake("something stands behind the JSON value, from byte %d on", dec.InputOffset())
	}
	return nil
}

// answering says that the request has been read: from here on the client has the time
// that the answer takes. With a deadline still set, the connection would be taken for
// closed when it passes.
func answering(w http.ResponseWriter, most time.Duration) {
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(time.Time{})
	var end time.Time
	if most > 0 {
		end = time.Now().Add(most)
	}
	rc.SetWriteDeadline(end)
}

func quote(s string) string {
	if len(s) > 80 {
		s = s[:80] + "..."
	}
	return strconv.Quote(s)
}
