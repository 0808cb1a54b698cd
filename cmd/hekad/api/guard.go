package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// private has next answer those alone who show the token.
func (h *handler) private(next http.Handler) http.Handler {
	if h.opt.Token == "" {
		return next
	}
	want := sha256.Sum256([]byte(h.opt.Token)) // of one length, whatever is shown
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(shown))
		if subtle.ConstantTimeCompare(want[:], got[:]) != 1 || !ok {
			writeError(w, &Error{Status: 401, Msg: "no token, or a wrong one",
				Hint: "send Authorization: Bearer TOKEN, with what token_file has"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// localHost reports whether a Host header names the loopback interface. A name that
// somebody has lead there does not.
func localHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// bucket is a rate limit: a bucket of tokens that fills at a rate.
type bucket struct {
	rate, size float64

	mu   sync.Mutex
	left float64
	last time.Time
}

// take takes a token out, if there is one.
func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := now.Sub(b.last); d > 0 {
		if !b.last.IsZero() {
			b.left = min(b.size, b.left+d.Seconds()*b.rate)
		}
		b.last = now
	}
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
