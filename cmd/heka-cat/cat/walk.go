package cat

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// walker takes a capture apart. It looks one piece ahead, because what follows a
// message may show that it was torn: a record that was cut off takes the start
// of the next for its own end.
//
//	cut here v
//	[message A..][message B.....][message C.....]
//	[what A's length says.....]        A seems whole; but no record stands behind it,
//	             [message B.....][...  and one that goes beyond its end stands in it
type walker struct {
	ctx context.Context
	parser
	ahead piece
	has   bool  // whether ahead is set
	at    int64 // where to look next, behind ahead
}

// newWalker returns the walker of f. With verify it looks into each block.
func newWalker(ctx context.Context, env *stage.Env, f *os.File, verify bool) (*walker, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "check", Path: f.Name(), Err: errNoFile}
	}
	k := &walker{ctx: ctx}
	k.parser = parser{
		w: window{f: f, size: info.Size()}, maxRecord: env.MaxRecord, verify: verify,
	}
	if k.maxRecord <= 0 {
		k.maxRecord = frame.DefaultMaxRecord
	}
	k.w.ahead = aheadHeads
	if verify {
		k.w.ahead = aheadAll
	}
	if env.Progress != nil {
		k.w.read = func(at int64) { env.Progress(at, info.Size()) }
	}
	return k, nil
}

// next returns the next piece; false at the end. Pieces come in their order and
// leave no byte out.
func (k *walker) next() (piece, bool, error) {
	if !k.has {
		if err := k.look(); err != nil || !k.has {
			return piece{}, false, err
		}
	}
	p := k.ahead
	if err := k.look(); err != nil {
		return piece{}, false, err
	}
	if k.has && k.ahead.kind == kindDamage && p.count == 1 && p.kind != frame.KindBlock {
		from, err := k.torn(p)
		if err != nil {
			return piece{}, false, err
		}
		if from >= 0 {
			k.at = from
			p = piece{at: p.at, size: from - p.at}
			if err := k.look(); err != nil {
				return piece{}, false, err
			}
		}
	}
	return p, true, nil
}

// look sets ahead to the piece at k.at.
func (k *walker) look() error {
	k.has = false
	if err := k.ctx.Err(); err != nil || k.at >= k.w.size {
		return err
	}
	p, ok, err := k.parse(k.at)
	if err != nil {
		return err
	}
	if !ok {
		if p, err = k.damage(); err != nil {
			return err
		}
	}
	k.ahead, k.has, k.at = p, true, p.end()
	return nil
}

// damage returns the bytes from k.at to the next record.
func (k *walker) damage() (piece, error) {
	at := k.at
	for {
		var err error
		if at, err = k.w.separator(at+1, k.w.size); err != nil {
			return piece{}, err
		}
		if at < k.w.size {
			_, ok, err := k.parse(at)
			if err == nil {
				err = k.ctx.Err()
			}
			if err != nil {
				return piece{}, err
			}
			if !ok {
				continue
			}
		}
		return piece{at: k.at, size: at - k.at}, nil
	}
}

// torn returns where the records start that p, which is followed by damage, has
// swallowed: a run of whole ones within it that leads beyond its end. -1 if there
// is none: p is good.
func (k *walker) torn(p piece) (int64, error) {
	const room = 512 // of headers, and of what is looked at behind a record
	b, err := k.w.bytes(p.at, int(p.size)+k.maxRecord+room)
	if err != nil {
		return -1, err
	}
	all := int64(len(b))
	best, tried := int64(-1), 0
	good := map[int64]bool{}
	for i := p.size - 1; tried < maxMessages; i-- {
		i = int64(bytes.LastIndexByte(b[:i+1], msg.Sep))
		if i <= 0 {
			break
		}
		tried++
		// What the window does not hold is left alone: b must stay as it is.
		if all-i >= msg.HeaderSize && b[i+1] == frame.KindBlock &&
			i+msg.HeaderSize+int64(binary.BigEndian.Uint32(b[i+4:]))+msg.HeaderSize > all {
			continue
		}
		in, ok, err := k.parse(p.at + i)
		if err != nil {
			return -1, err
		}
		if ok && in.count > 0 && (in.end() > p.end() || good[in.end()]) {
			good[in.at], best = true, in.at
		}
	}
	return best, nil
}

var errNoFile = errors.New("not a regular file: --index and --fsck need one")
