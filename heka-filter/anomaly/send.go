package anomaly

import (
	"math"

	"heka/heka-filter/internal/alert"
	"heka/lib/msg"
)

var nan = math.NaN()

var (
	keyAlgorithm = msg.NewKey("algorithm")
	keyCol       = msg.NewKey("col")
	keyMessage   = msg.NewKey("message")
)

// send ends the alert in b: what the spec found in the series of this name.
func (s *spec) send(alerts *alert.Sender, b *msg.Builder, name, found string) error {
	b.Key(keyAlgorithm)
	b.String(s.algorithm)
	b.Key(keyCol)
	b.Int(int64(s.col))
	b.Key(keyMessage)
	b.String(found)
	return alerts.Send([]byte(s.prefix(name) + found))
}
