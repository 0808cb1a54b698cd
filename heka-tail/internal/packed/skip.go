package packed

import "io"

// skipSize is what Skip reads at once: enough to make calls cheap, little enough to
// stay in a processor's cache.
const skipSize = 32 << 10

// Skip reads n bytes from r and forgets them. It returns how many there were: fewer
// than n only with an error, which is r's, io.EOF at its end.
func Skip(r io.Reader, n int64) (int64, error) {
	if n <= 0 {
		return 0, nil
	}
	buf := make([]byte, min(n, skipSize))
	done := int64(0)
	for done < n {
		k, err := r.Read(buf[:min(n-done, int64(len(buf)))])
		done += int64(k)
		if err != nil && done < n {
			return done, err
		}
	}
	return done, nil
}
