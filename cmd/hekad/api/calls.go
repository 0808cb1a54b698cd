package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

func (h *handler) status(w http.ResponseWriter, _ *http.Request, _ url.Values) error {
	answering(w, sendTime)
	writeJSON(w, http.StatusOK, h.d.Status())
	return nil
}

func (h *handler) config(w http.ResponseWriter, _ *http.Request, _ url.Values) error {
	answering(w, sendTime)
	writeJSON(w, http.StatusOK, h.d.Configuration())
	return nil
}

// refusal is an Outcome that did not take: it has an error's members as well.
type refusal struct {
	Outcome
	Error string `json:"error"`
	Hint  string `json:"hint"`
}

func (h *handler) reload(w http.ResponseWriter, r *http.Request, _ url.Values) error {
	if err := noBody(r); err != nil {
		return err
	}
	answering(w, 0)
	o, err := h.d.Reload(r.Context())
	switch {
	case err != nil:
		return err
	case !o.Took:
		writeJSON(w, http.StatusUnprocessableEntity, refusal{
			Outcome: o, Error: "refused: " + strings.Join(o.Errors, "\n"),
			Hint: "what ran before runs on",
		})
	default:
		writeJSON(w, http.StatusOK, o)
	}
	return nil
}

func (h *handler) load(w http.ResponseWriter, r *http.Request, _ url.Values) error {
	var f Filter
	if err := readJSON(w, r, &f); err != nil {
		return err
	}
	if err := f.Check(); err != nil {
		return err
	}
	answering(w, 0)
	if err := h.d.Load(r.Context(), f); err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (h *handler) unload(w http.ResponseWriter, r *http.Request, _ url.Values) error {
	name := r.PathValue("name")
	if err := h.loaded(name); err != nil {
		return err
	}
	answering(w, 0)
	if err := h.d.Unload(r.Context(), name); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// loaded wants a filter called name that was added to the running daemon.
func (h *handler) loaded(name string) error {
	var names []string
	for _, n := range h.d.Status().Nodes {
		switch {
		case n.Loaded && n.Name == name:
			return nil
		case n.Loaded:
			names = append(names, n.Name)
		case n.Name == name:
			return Conflict("node "+quote(name)+" stands in the configuration",
				"take it out there, and reload")
		}
	}
	e := NotFound("loaded filter", name, names)
	if len(names) == 0 {
		e.Hint = "none is loaded"
	}
	return e
}

// Drain waits this long unless told otherwise, and never longer than maxDrain.
const (
	defaultDrain = 10 * time.Second
	maxDrain     = 24 * time.Hour
)

func (h *handler) drain(w http.ResponseWriter, r *http.Request, q url.Values) error {
	if err := noBody(r); err != nil {
		return err
	}
	most := defaultDrain
	if q.Has("timeout") {
		var err error
		if most, err = time.ParseDuration(q.Get("timeout")); err != nil || most <= 0 || most > maxDrain {
			return &Error{Status: 400, Msg: "timeout " + quote(q.Get("timeout")),
				Hint: "want a duration like 10s, 24h at most"}
		}
	}
	answering(w, 0)
	ctx, cancel := context.WithTimeout(r.Context(), most)
	defer cancel()
	err := h.d.Drain(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return Unavailable("not all was delivered within "+most.String(),
			"the sources have ended, and delivery goes on: hekad ps shows what is left")
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// stop answers first: the daemon may be gone a moment later.
func (h *handler) stop(w http.ResponseWriter, r *http.Request, _ url.Values) error {
	if err := noBody(r); err != nil {
		return err
	}
	answering(w, sendTime)
	w.Header().Set("Connection", "close")
	writeJSON(w, http.StatusAccepted, struct {
		Pid int `json:"pid"`
	}{h.d.Status().Pid})
	http.NewResponseController(w).Flush()
	h.d.Stop()
	return nil
}
