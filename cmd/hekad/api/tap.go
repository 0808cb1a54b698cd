package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"heka/lib/frame"
	"heka/lib/match"
)

// Trailers of a tap's stream.
const trailerError = "Heka-Error"

// tap streams what a node emits. The client is never waited for by the node: the daemon
// keeps what it has for it within bounds, and says what it left out.
func (h *handler) tap(w http.ResponseWriter, r *http.Request, q url.Values) error {
	t, err := h.tapRequest(q)
	if err != nil {
		return err
	}
	select {
	case h.taps <- struct{}{}:
		defer func() { <-h.taps }()
	default:
		return &Error{Status: 429, Msg: fmt.Sprintf("%d taps are open", maxTaps),
			Hint: "end one of them"}
	}
	answering(w, 0)
	ctx := r.Context()
	tap, err := h.d.Tap(ctx, t)
	if err != nil {
		return err
	}
	defer tap.Close()
	w.Header().Set("Content-Type", "application/x-heka")
	w.Header().Set("Trailer", trailerError)
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w).Flush
	flush()
	var buf, gap []byte
	var skipped int64
	for {
		records, n, err := tap.Read(ctx, buf[:0])
		buf = records
		if n > 0 {
			skipped += n
			gap = appendSkipped(gap[:0], t.Node, n, skipped)
			if _, werr := w.Write(gap); werr != nil {
				return nil // the client has left
			}
		}
		if len(records) > 0 {
			if _, werr := w.Write(records); werr != nil {
				return nil
			}
		}
		flush()
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), ctx.Err() != nil:
			return nil
		default:
			w.Header().Set(trailerError, url.QueryEscape(err.Error()))
			return nil
		}
	}
}

// appendSkipped appends the gap that says that n messages were left out, which makes
// all in all. Its offset is in messages, since how many bytes they had is not known.
func appendSkipped(dst []byte, node string, n, all int64) []byte {
	return frame.AppendGap(dst, &frame.Gap{
		Source: node, Offset: all,
		Reason: "hekad tap: " + strconv.FormatInt(n, 10) + " messages left out, the reader was behind",
	})
}

// Self is the name of the node under which a daemon tells of itself.
const Self = "hekad"

// tapRequest reads the parameters of a tap.
func (h *handler) tapRequest(q url.Values) (TapRequest, error) {
	t := TapRequest{Node: q.Get("node"), Match: q.Get("match")}
	if q.Has("in") {
		var err error
		if t.In, err = strconv.ParseBool(q.Get("in")); err != nil {
			return t, mistake("in=%s: want true or false", quote(q.Get("in")))
		}
	}
	var names []string
	found := t.Node == Self
	for _, n := range h.d.Status().Nodes {
		names = append(names, n.Name)
		found = found || n.Name == t.Node
	}
	switch {
	case t.Node == "":
		return t, &Error{Status: 400, Msg: "which node?", Hint: "one of " + list(names)}
	case !found:
		return t, NotFound("node", t.Node, append(names, Self))
	case t.Match != "":
		if _, err := match.Parse(t.Match); err != nil {
			return t, mistake("%v", err)
		}
	}
	return t, nil
}
