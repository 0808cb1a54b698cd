package heartbeat

import (
	"cmp"
	"slices"
	"strconv"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/window"
	"heka/lib/encode"
	"heka/lib/msg"
	"heka/lib/stage"
)

var (
	keyStatus = msg.NewKey("status")
	keySilent = msg.NewKey("silent")
	keyType   = msg.NewKey("payload_type")
	keyName   = msg.NewKey("payload_name")
	keyUp     = msg.NewKey("up")
	keyDown   = msg.NewKey("down")

	statusType = []byte("heka.heartbeat")
	logger     = []byte(window.Logger)
)

// maxLive is how many keys a terminal gets to see.
const maxLive = 200

// alert sends an alert about key id.
func (s *heartbeat) alert(id int32, now, severity int64, text string) error {
	b := s.alerts.Begin(now, severity, "heartbeat")
	s.put(b, id, now)
	s.text = append(append(s.text[:0], text...), s.watch.beats[id].name...)
	return s.alerts.Send(s.text)
}

// put adds what is known of key id.
func (s *heartbeat) put(b *msg.Builder, id int32, now int64) {
	k := &s.watch.beats[id]
	s.watch.by.Emit(b, s.watch.table.Key(id))
	b.Key(keyStatus)
	b.String(stateNames[k.state])
	b.Key(keySilent)
	b.Float(float64(max(now-k.last, 0)) / 1e9)
	b.Rep("s")
}

// sorted returns the numbers of all keys, in their order.
func (s *heartbeat) sorted() []int32 {
	var ids []int32
	for i := range s.watch.beats {
		if s.watch.beats[i].state != forgotten {
			ids = append(ids, int32(i))
		}
	}
	slices.SortFunc(ids, func(a, b int32) int {
		return keys.Compare(s.watch.table.Key(a), s.watch.table.Key(b))
	})
	return ids
}

// report sends the status of all keys: an object of JSON with one for each.
func (s *heartbeat) report(now int64) error {
	var n [forgotten]int64
	p := append(s.text[:0], '{')
	for i, id := range s.sorted() {
		k := &s.watch.beats[id]
		n[k.state]++
		if i > 0 {
			p = append(p, ',')
		}
		p = encode.AppendJSONString(p, []byte(k.name))
		p = append(p, `:{"last_heartbeat":`...)
		p = strconv.AppendInt(p, k.last/1e6, 10)
		p = append(p, `,"last_alert":`...)
		p = strconv.AppendInt(p, k.lastAlert/1e6, 10)
		p = append(p, `,"status":"`...)
		p = append(append(p, stateNames[k.state]...), `"}`...)
	}
	s.text = append(p, '}')
	b := &s.b
	s.begin(b, now)
	b.Payload = s.text
	b.Key(keyType)
	b.String("json")
	b.Key(keyName)
	b.String("heartbeat")
	for i, key := range []msg.Key{keyUp, keyDown} {
		b.Key(key)
		b.Int(n[i])
		b.Rep("count")
	}
	return s.send(s.status)
}

// show sends a row for each key to a terminal, those that are down first.
func (s *heartbeat) show(now int64) error {
	ids := s.sorted()
	slices.SortStableFunc(ids, func(a, b int32) int {
		return cmp.Compare(s.watch.beats[b].state, s.watch.beats[a].state)
	})
	for _, id := range ids[:min(len(ids), maxLive)] {
		s.begin(&s.b, now)
		s.put(&s.b, id, now)
		s.live.NewUuid(&s.b)
		if err := s.live.Add(&s.b); err != nil {
			return err
		}
	}
	return s.live.Flush()
}

func (s *heartbeat) begin(b *msg.Builder, now int64) {
	b.Reset()
	b.Timestamp, b.Type, b.Logger, b.Hostname = now, statusType, logger, []byte(s.env.Hostname)
}

func (s *heartbeat) send(c *stage.Collector) error {
	c.NewUuid(&s.b)
	if err := c.Add(&s.b); err != nil {
		return err
	}
	return c.Flush()
}
