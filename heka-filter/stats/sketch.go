package stats

import (
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"
)

// accuracy is the relative error of percentiles: with what rounding adds, 1 %.
const accuracy = 0.0095

// maxBins bounds a sketch: numbers may span 16 powers of ten, on either side of 0,
// before the smallest are gathered in one bin.
const maxBins = 2048

// bins says which bin a number belongs to. It does not change.
type bins = *mapping.CubicallyInterpolatedMapping

// sketch is a DDSketch, after Masson, Rim and Lee, "DDSketch: A Fast and
// Fully-Mergeable Quantile Sketch with Relative-Error Guarantees" (2019): counts in
// bins that grow by a constant factor.
type sketch struct {
	bins         bins
	above, below *store.CollapsingLowestDenseStore // of positive and negative numbers
	smallest     float64                           // what is smaller counts as 0
	largest      float64                           // and what is larger, as this
	zeros        float64
}

func newBins() (bins, error) { return mapping.NewCubicallyInterpolatedMapping(accuracy) }

func newSketch(b bins) *sketch {
	return &sketch{
		bins:     b,
		above:    store.NewCollapsingLowestDenseStore(maxBins),
		below:    store.NewCollapsingLowestDenseStore(maxBins),
		smallest: b.MinIndexableValue(),
		largest:  b.MaxIndexableValue(),
	}
}

// add takes in a number. It is on the hot path.
func (s *sketch) add(f float64) {
	switch {
	case f > s.smallest:
		s.above.AddWithCount(s.bins.Index(min(f, s.largest)), 1)
	case f < -s.smallest:
		s.below.AddWithCount(s.bins.Index(min(-f, s.largest)), 1)
	default:
		s.zeros++
	}
}

// at returns, as nearly as is known, the number that rank others are below; there
// must be more than rank numbers.
func (s *sketch) at(rank float64) float64 {
	n := s.below.TotalCount()
	if rank < n {
		return -s.bins.Value(s.below.KeyAtRank(n - 1 - rank))
	}
	if rank -= n + s.zeros; rank < 0 {
		return 0
	}
	return s.bins.Value(s.above.KeyAtRank(rank))
}
