package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"heka/lib/near"
	"heka/lib/stage"
)

// Error is an answer that is none: what is wrong, and what to do. A [Daemon] may return
// one to choose the status.
type Error struct {
	Status int    `json:"-"` // of HTTP
	Msg    string `json:"error"`
	Hint   string `json:"hint,omitempty"`
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + "; " + e.Hint
}

// NotFound says that there is no node or filter of a name, and which of those that there
// are may have been meant.
func NotFound(what, name string, names []string) *Error {
	e := &Error{Status: http.StatusNotFound, Msg: fmt.Sprintf("no %s %q", what, name)}
	switch n := near.Word(name, names); {
	case n != "":
		e.Hint = "did you mean " + n + "?"
	case len(names) > 0:
		e.Hint = "there is " + list(names)
	}
	return e
}

// Conflict says that something can't be as things stand.
func Conflict(msg, hint string) *Error {
	return &Error{Status: http.StatusConflict, Msg: msg, Hint: hint}
}

// Unavailable says that the daemon can't do it now.
func Unavailable(msg, hint string) *Error {
	return &Error{Status: http.StatusServiceUnavailable, Msg: msg, Hint: hint}
}

func mistake(format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Msg: fmt.Sprintf(format, args...)}
}

// listed is how many names a hint lists.
const listed = 12

// list joins names, as many as a line holds.
func list(names []string) string {
	s := ""
	for i, n := range names {
		if i == listed {
			return fmt.Sprintf("%s and %d more", s, len(names)-i)
		}
		if i > 0 {
			s += ", "
		}
		s += n
	}
	return s
}

// asError makes an Error of any.
func asError(err error) *Error {
	var e *Error
	var usage *stage.UsageError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &e):
		if e.Status < 400 {
			return &Error{Status: http.StatusInternalServerError, Msg: e.Msg, Hint: e.Hint}
		}
		return e
	case errors.As(err, &usage):
		return &Error{Status: http.StatusBadRequest, Msg: usage.Msg, Hint: usage.Hint}
	case errors.As(err, &tooLarge):
		return &Error{
			Status: http.StatusRequestEntityTooLarge,
			Msg:    fmt.Sprintf("the body is larger than %d bytes", tooLarge.Limit),
		}
	}
	return Unavailable(err.Error(), "")
}

// writeError answers with err. What the client still sends is not waited for.
func writeError(w http.ResponseWriter, err error) {
	e := asError(err)
	switch e.Status {
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "1")
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="hekad"`)
	}
	if slices.Contains([]int{http.StatusRequestEntityTooLarge, http.StatusForbidden,
		http.StatusUnauthorized, http.StatusTooManyRequests}, e.Status) {
		w.Header().Set("Connection", "close")
	}
	writeJSON(w, e.Status, e)
}

// writeJSON answers with v.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // a number that JSON has no word for
		status = http.StatusInternalServerError
		body, _ = json.Marshal(&Error{Msg: err.Error()})
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", fmt.Sprint(len(body)+1))
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}
