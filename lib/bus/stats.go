package bus

import (
	"sync/atomic"
	"time"
)

// stats are what a node's ends count.
type stats struct {
	in, inBytes, out, outBytes     atomic.Int64
	dropped, looped, dead, skipped atomic.Int64
	blocked, blocks                atomic.Int64 // nanoseconds
	blockedSince                   atomic.Int64 // 0: it is not
	progress                       atomic.Int64 // when something came through last
}

// Alive notes that the node has done something: emitted, or done with what it was given.
func (p *Port) Alive() { p.stats.progress.Store(time.Now().UnixNano()) }

// Stats is how a node's ends stand. Counts are since it was attached.
type Stats struct {
	In, InBytes   int64 // messages that it was offered
	Out, OutBytes int64 // messages that it published
	Dropped       int64 // messages given up because its queue or spool was full
	Looped        int64 // messages given up because their chain was too long
	Dead          int64 // messages that killed it
	Skipped       int64 // messages that it had before a restart
	Done          int64 // messages of its queue that it has acknowledged
	Queue         int64 // bytes in its queue
	Waiting       bool  // something is in its queue or spool
	BlockedBy     string
	Blocked       time.Duration // how long it has waited for others
	Blocks        time.Duration // how long others have waited for it
	Progress      time.Time     // when it did something last
}

// Stats returns how the node's ends stand.
func (p *Port) Stats() Stats {
	s := &p.stats
	out := Stats{
		In: s.in.Load(), InBytes: s.inBytes.Load(), Out: s.out.Load(), OutBytes: s.outBytes.Load(),
		Dropped: s.dropped.Load(), Looped: s.looped.Load(), Dead: s.dead.Load(),
		Skipped: s.skipped.Load(), Blocked: time.Duration(s.blocked.Load()),
		Blocks: time.Duration(s.blocks.Load()),
	}
	if at := s.progress.Load(); at != 0 {
		out.Progress = time.Unix(0, at)
	}
	if since := s.blockedSince.Load(); since != 0 {
		out.Blocked += time.Since(time.Unix(0, since))
	}
	if by := p.blockedBy.Load(); by != nil {
		out.BlockedBy = by.name
	}
	if p.queue != nil {
		out.Queue, out.Waiting, out.Done = p.queue.held()
	} else if p.spool != nil {
		bytes, _ := p.spool.Waiting()
		out.Waiting = bytes > 0
	}
	return out
}
