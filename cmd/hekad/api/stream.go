package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// Stream is what a tap shows: records of heka-frame(5), among them a 'G' record wherever
// messages were left out, whose offset is how many that makes in all. It is for one
// goroutine.
type Stream struct {
	ctx  context.Context
	c    *Client
	resp *http.Response
}

// Tap begins to show what a node emits. The stream ends with the node, or with ctx. It is
// to be closed.
func (c *Client) Tap(ctx context.Context, t TapRequest) (*Stream, error) {
	q := url.Values{"node": {t.Node}}
	if t.Match != "" {
		q.Set("match", t.Match)
	}
	if t.In {
		q.Set("in", strconv.FormatBool(t.In))
	}
	resp, err := c.send(ctx, "GET", "/v1/tap?"+q.Encode(), nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, readError(resp)
	}
	return &Stream{ctx, c, resp}, nil
}

// Read implements io.Reader. The error is io.EOF if the node is gone.
func (s *Stream) Read(p []byte) (int, error) {
	n, err := s.resp.Body.Read(p)
	if err == io.EOF {
		if why := s.resp.Trailer.Get(trailerError); why != "" {
			if text, uerr := url.QueryUnescape(why); uerr == nil {
				why = text
			}
			err = errors.New(why)
		}
		return n, err
	}
	if err != nil {
		err = s.c.failed(s.ctx, fmt.Errorf("tap: %w", err))
	}
	return n, err
}

// Close ends the tap.
func (s *Stream) Close() error { return s.resp.Body.Close() }
