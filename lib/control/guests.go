package control

import (
	"sync"
	"time"
)

// guests bounds what each address may do: how many connections it has, how many
// commands it sends, and how long it waits for the answer to one with a wrong signature.
type guests struct {
	perAddress int
	rate       float64 // commands a second
	burst      float64 // commands at once
	delay      time.Duration

	mu  sync.Mutex
	all map[string]*guest
}

type guest struct {
	conns  int
	tokens float64
	at     time.Time // when tokens were counted
	fails  int       // in a row
}

const (
	maxGuests  = 4096
	maxDelay   = 30 * time.Second
	forgivenIn = 10 * time.Minute
)

// enter notes a connection; false if the address has as many as it may.
func (g *guests) enter(address string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.all[address]
	if v == nil {
		if len(g.all) >= maxGuests {
			g.sweep(now)
		}
		if len(g.all) >= maxGuests {
			return false
		}
		v = &guest{tokens: g.burst, at: now}
		g.all[address] = v
	}
	if v.conns >= g.perAddress {
		return false
	}
	v.conns++
	return true
}

// leave notes the end of a connection.
func (g *guests) leave(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all[address].conns--
}

// sweep forgets those who are gone, and have not failed lately.
func (g *guests) sweep(now time.Time) {
	for address, v := range g.all {
		if v.conns == 0 && (v.fails == 0 || now.Sub(v.at) > forgivenIn) {
			delete(g.all, address)
		}
	}
}

// wait returns how long an address has to wait before its next command is read.
func (g *guests) wait(address string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.all[address]
	if idle := now.Sub(v.at); idle > 0 {
		if idle > forgivenIn {
			v.fails = 0
		}
		v.tokens, v.at = min(g.burst, v.tokens+idle.Seconds()*g.rate), now
	}
	v.tokens--
	if v.tokens >= 0 {
		return 0
	}
	return time.Duration(-v.tokens / g.rate * float64(time.Second))
}

// failed notes a wrong signature, and returns how long its answer is kept back.
func (g *guests) failed(address string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.all[address]
	d := g.delay << min(v.fails, 10)
	v.fails++
	return min(d, maxDelay)
}

// passed notes a right signature.
func (g *guests) passed(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all[address].fails = 0
}
